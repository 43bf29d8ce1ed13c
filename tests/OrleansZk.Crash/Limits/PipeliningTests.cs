using System.Buffers.Binary;
using System.Globalization;
using OrleansZk.Crash.Fuzz;
using OrleansZk.Crash.Tools;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Limits;

/// <summary>Far more requests on their way than the server takes at once: it may let them wait, but not forget or reorder them.</summary>
public sealed class PipeliningTests
{
    private const int Requests = 100_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="writesInHundred">How many of a hundred requests are writes.</param>
    [Theory]
    [InlineData(100, 1)]
    [InlineData(50, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 1)]
    [InlineData(50, 4)]
    public async Task A_hundred_thousand_requests_are_answered_in_order(int writesInHundred, int connections)
    {
        TestRun.RequireServer();
        await using ServerProcess server = await ServerProcess.StartNewAsync(
            new Dictionary<string, string> { ["MaxOutstandingRequests"] = "500", ["TickTime"] = "5000" });
        await using WireClient setUp = await WireClient.ConnectAsync(server.Port, timeout: 100_000, cancellationToken: Cancellation);
        for (int i = 0; i < connections; i++)
        {
            (await setUp.CreateAsync($"/p{i}", "0")).IsOk.ShouldBeTrue();
        }

        await Task.WhenAll(Enumerable.Range(0, connections).Select(i => PipelineAsync(server.Port, $"/p{i}", writesInHundred)));

        (await setUp.ExistsAsync("/")).IsOk.ShouldBeTrue();
        server.Log.Alarms().ShouldBeEmpty();
    }

    private static async Task PipelineAsync(int port, string path, int writesInHundred)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(port, Cancellation);
        await connection.SendAsync(Frames.Handshake(0, new byte[16], 100_000), Cancellation);
        (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull();

        // A sender that knows nothing of the answers, and a reader that starts when the sender has got as far ahead as the server lets it.
        Task sending = SendAllAsync(connection, path, writesInHundred);
        await Deadline.WaitUntilAsync(() => sending.IsCompleted || connection.IsFull, "a sender that is far ahead");
        await ReadAllAsync(connection, writesInHundred).WaitAsync(TimeSpan.FromMinutes(5), Cancellation);
        await sending;
    }

    private static async Task SendAllAsync(FuzzSocket connection, string path, int writesInHundred)
    {
        var writer = new JuteWriter();
        for (int xid = 1; xid <= Requests; xid++)
        {
            byte[] data = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(data, xid);
            writer.WriteRaw(IsWrite(xid, writesInHundred)
                ? Frames.Request(xid, OpCode.SetData, new SetDataRequest(path, data, -1).Write)
                : Frames.Request(xid, OpCode.GetData, new PathWatchRequest(path, false).Write));
            if (writer.Length > 1 << 16 || xid == Requests)
            {
                (await connection.SendAsync(writer.WrittenMemory, Cancellation)).ShouldBeTrue("the server must not close");
                writer.Clear(1 << 20);
            }
        }
    }

    /// <summary>Every answer comes in order, and every read shows the write before it and none behind it.</summary>
    private static async Task ReadAllAsync(FuzzSocket connection, int writesInHundred)
    {
        int version = 0;
        byte[] last = "0"u8.ToArray();
        for (int xid = 1; xid <= Requests; xid++)
        {
            byte[] answer = (await connection.ReadFrameAsync(Cancellation)).ShouldNotBeNull(xid.ToString(CultureInfo.InvariantCulture));
            Check(answer, xid, IsWrite(xid, writesInHundred), ref version, ref last);
        }
    }

    private static void Check(byte[] answer, int xid, bool isWrite, ref int version, ref byte[] last)
    {
        var reader = new JuteReader(answer);
        ReplyHeader header = ReplyHeader.Read(ref reader);
        (header.Xid, header.Error).ShouldBe((xid, ErrorCode.Ok));
        if (isWrite)
        {
            version++;
            last = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(last, xid);
            reader.ReadStat().Version.ShouldBe(version);
            return;
        }

        reader.ReadSpan().SequenceEqual(last).ShouldBeTrue($"read {xid} must show the write before it");
        reader.ReadStat().Version.ShouldBe(version);
    }

    private static bool IsWrite(int xid, int writesInHundred) => xid % 100 < writesInHundred;
}
