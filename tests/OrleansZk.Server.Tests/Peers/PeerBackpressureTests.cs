using OrleansZk.Core.Ensemble;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>A side that does not read keeps the other from sending, and memory from filling.</summary>
public sealed class PeerBackpressureTests
{
    private const int MessageLength = 256 << 10;

    // 64 MiB: more than the pipes and the sockets' buffers of both sides take.
    private const int Messages = 256;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_sends_waits_for_a_reader_that_has_stopped(bool listenerSends)
    {
        await using PeerServer one = await PeerServer.StartAsync(options => options.PeerHighWaterMark = 1 << 20);
        await using PeerServer two = await PeerServer.StartAsync(options => options.PeerHighWaterMark = 1 << 20);
        (IPeerConnection dialer, RecordingHandler dialerHandler, IPeerConnection listener, RecordingHandler listenerHandler) =
            await PeerServer.JoinAsync(one, two);
        (IPeerConnection sender, RecordingHandler receiver) = listenerSends ? (listener, dialerHandler) : (dialer, listenerHandler);
        using var resume = new ManualResetEventSlim();
        receiver.Arrived = _ => resume.Wait(TestContext.Current.CancellationToken);

        Fill(sender);
        Task room = sender.WaitForRoomAsync().AsTask();
        room.IsCompleted.ShouldBeFalse();
        receiver.IsEmpty.ShouldBeTrue();

        resume.Set();
        await room.WaitAsync(TestContext.Current.CancellationToken);
        for (long i = 0; i < Messages; i++)
        {
            byte[] message = await receiver.NextAsync();
            message.Length.ShouldBe(MessageLength);
            BitConverter.ToInt64(message).ShouldBe(i);
        }

        dialer.Close();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_waits_for_room_is_let_go_when_the_connection_is_closed(bool byTheOther)
    {
        await using PeerServer one = await PeerServer.StartAsync();
        await using PeerServer two = await PeerServer.StartAsync();
        (IPeerConnection dialer, RecordingHandler dialerHandler, IPeerConnection listener, RecordingHandler listenerHandler) =
            await PeerServer.JoinAsync(one, two);
        using var resume = new ManualResetEventSlim();
        listenerHandler.Arrived = _ => resume.Wait(TestContext.Current.CancellationToken);
        Fill(dialer);
        Task room = dialer.WaitForRoomAsync().AsTask();
        room.IsCompleted.ShouldBeFalse();

        (byTheOther ? listener : dialer).Close();
        await room.WaitAsync(TestContext.Current.CancellationToken);
        await dialerHandler.WaitForEndAsync();
        resume.Set();
        await listenerHandler.WaitForEndAsync();
        dialer.WaitForRoomAsync().AsTask().IsCompletedSuccessfully.ShouldBeTrue();
    }

    /// <summary>Sends more than fits between the two.</summary>
    private static void Fill(IPeerConnection sender)
    {
        byte[] message = new byte[MessageLength];
        for (long i = 0; i < Messages; i++)
        {
            BitConverter.TryWriteBytes(message, i);
            sender.Send(message);
        }
    }
}
