using System.Buffers.Binary;
using OrleansZk.Crash.Fuzz;
using OrleansZk.Crash.Tools;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Limits;

/// <summary><c>jute.maxbuffer</c>: the longest frame is served, a byte more ends that connection and nothing else.</summary>
public sealed class FrameLimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_longest_frame_is_served_and_comes_back_whole()
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync();
        await using WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        byte[] data = DataForFrameOf(Frame.DefaultMaxLength);

        (await client.CreateAsync("/long", data)).IsOk.ShouldBeTrue();

        (await client.GetDataAsync("/long")).ReadDataAndStat().Data.ShouldBe(data);
        await server.KillAsync();
        await server.StartAsync();
        await using WireClient again = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        (await again.GetDataAsync("/long")).ReadDataAndStat().Data.ShouldBe(data, "recovery takes what was accepted");
    }

    [Fact]
    public async Task A_byte_more_closes_that_connection_only()
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync();
        await using WireClient client = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);
        await using WireClient other = await WireClient.ConnectAsync(server.Port, cancellationToken: Cancellation);

        await Should.ThrowAsync<WireConnectionLostException>(() => client.CreateAsync("/long", DataForFrameOf(Frame.DefaultMaxLength + 1)));

        (await other.ExistsAsync("/long")).Error.ShouldBe(ErrorCode.NoNode);
        await using WireClient resumed = await WireClient.ConnectAsync(server.Port, resume: client.Session, cancellationToken: Cancellation);
        (await resumed.CreateAsync("/long", DataForFrameOf(1000))).IsOk.ShouldBeTrue("the session lives on");
        server.Log.Alarms().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(Frame.DefaultMaxLength + 1)]
    public async Task An_impossible_length_closes_the_connection_at_once(int length)
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync();
        using FuzzSocket connection = await FuzzSocket.ConnectWithSessionAsync(server.Port, Cancellation);
        byte[] header = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(header, length);

        // Nothing follows: the server must not wait for a body that it would refuse.
        await connection.SendAsync(header, Cancellation);

        await connection.ReadToEndAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    /// <summary>As many bytes as make a create's frame so long.</summary>
    private static byte[] DataForFrameOf(int length)
    {
        int without = Frames.Request(1, OpCode.Create2, new CreateRequest("/long", [], Acl.OpenUnsafe, 0).Write).Length - Frame.HeaderLength;
        byte[] data = new byte[length - without];
        new Random(length).NextBytes(data);
        return data;
    }
}
