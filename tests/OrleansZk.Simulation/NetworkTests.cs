using OrleansZk.Core.Ensemble;
using OrleansZk.Simulation.Network;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation;

/// <summary>The network between servers keeps to the port's contract, and fails as a network does.</summary>
public sealed class NetworkTests
{
    private readonly EventQueue _queue = new(new Random(1));
    private readonly Fabric _fabric;
    private readonly PeerDirectory _directory = new();
    private readonly SimulatedProcess _a;
    private readonly SimulatedProcess _b;
    private readonly SimulatedNetwork _fromA;
    private readonly Listener _listener = new();

    public NetworkTests()
    {
        SynchronizationContext.SetSynchronizationContext(null);
        _fabric = new Fabric(_queue, new Trace(_queue));
        _a = new SimulatedProcess(_queue, "a", 1);
        _b = new SimulatedProcess(_queue, "b", 2);
        _a.Start();
        _b.Start();
        _directory.AddHost("b:1", _b);
        _directory.Listen("b:1", _b, _listener);
        _fromA = new SimulatedNetwork(_fabric, _directory, _a, "a:1");
    }

    [Fact]
    public void Messages_arrive_whole_and_in_order_both_ways()
    {
        var here = new Handler();
        IPeerConnection connection = Connect(here);
        for (byte i = 0; i < 100; i++)
        {
            connection.Send([i]);
            _listener.Connection!.Send([i, i]);
        }

        RunFor(1);
        _listener.Handler.Messages.Select(message => (int)message[0]).ShouldBe(Enumerable.Range(0, 100));
        here.Messages.Select(message => (int)message[1]).ShouldBe(Enumerable.Range(0, 100));
    }

    [Fact]
    public void What_the_other_side_says_at_once_comes_after_the_connection()
    {
        _listener.Greeting = [7];
        var here = new Handler();
        Connect(here);
        RunFor(1);
        here.Messages.ShouldHaveSingleItem().ShouldBe([7]);
    }

    [Fact]
    public void A_closed_connection_ends_on_both_sides_once()
    {
        var here = new Handler();
        IPeerConnection connection = Connect(here);
        connection.Send([1]);
        connection.Close();
        connection.Close();
        connection.Send([2]);
        here.Closed.ShouldBe(0);
        RunFor(1);
        (here.Closed, _listener.Handler.Closed).ShouldBe((1, 1));
        _listener.Handler.Messages.Count.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void A_server_that_is_not_there_refuses()
    {
        Kill(_b);
        Refusal().IsRefused.ShouldBeTrue();
    }

    [Fact]
    public void A_server_that_hangs_or_is_cut_off_does_not_answer()
    {
        _b.Pause();
        Refusal().IsRefused.ShouldBeFalse();
        _b.Resume();
        RunFor(1);
        _fabric.Cut(2, 1);
        Refusal().IsRefused.ShouldBeFalse();
    }

    [Fact]
    public void A_crash_is_seen_by_the_other_side()
    {
        var here = new Handler();
        Connect(here);
        Kill(_b);
        RunFor(1);
        here.Closed.ShouldBe(1);
        _listener.Handler.Closed.ShouldBe(0);
    }

    [Fact]
    public void A_process_that_hangs_is_not_noticed_and_hears_everything_later()
    {
        var here = new Handler();
        IPeerConnection connection = Connect(here);
        _b.Pause();
        connection.Send([1]);
        RunFor(100);
        (here.Closed, _listener.Handler.Messages.Count).ShouldBe((0, 0));
        _b.Resume();
        RunFor(1);
        _listener.Handler.Messages.Count.ShouldBe(1);
    }

    [Fact]
    public void A_cut_stops_one_direction_and_heals()
    {
        var here = new Handler();
        IPeerConnection connection = Connect(here);
        _fabric.Cut(1, 2);
        connection.Send([1]);
        _listener.Connection!.Send([2]);
        RunFor(5);
        (here.Messages.Count, _listener.Handler.Messages.Count).ShouldBe((1, 0));
        _fabric.Heal();
        RunFor(1);
        _listener.Handler.Messages.Count.ShouldBe(1);
    }

    [Fact]
    public void A_long_cut_breaks_the_connection()
    {
        var here = new Handler();
        IPeerConnection connection = Connect(here);
        _fabric.Cut(1, 2);
        connection.Send([1]);
        RunFor(20);
        _fabric.Heal();
        RunFor(5);
        _listener.Handler.Messages.ShouldBeEmpty();
        (here.Closed, _listener.Handler.Closed).ShouldBe((1, 1));
    }

    [Fact]
    public void Who_sends_too_much_waits_for_room()
    {
        IPeerConnection connection = Connect(new Handler());
        connection.Send(new byte[2 << 20]);
        Task room = connection.WaitForRoomAsync().AsTask();
        room.IsCompleted.ShouldBeFalse();
        RunFor(1);
        room.IsCompleted.ShouldBeTrue();
    }

    private IPeerConnection Connect(Handler handler)
    {
        Task<IPeerConnection> connecting = _fromA.ConnectAsync("b:1", handler, CancellationToken.None).AsTask();
        while (!connecting.IsCompleted && _queue.Step(_queue.Time + TimeSpan.FromSeconds(5)))
        {
        }

        return connecting.Result;
    }

    private PeerUnreachableException Refusal()
    {
        Task<IPeerConnection> connecting = _fromA.ConnectAsync("b:1", new Handler(), CancellationToken.None).AsTask();
        RunFor(5);
        return connecting.Exception!.InnerException.ShouldBeOfType<PeerUnreachableException>();
    }

    private void Kill(SimulatedProcess process)
    {
        process.Kill();
        _fabric.OnDied(process);
    }

    private void RunFor(double seconds)
    {
        TimeSpan end = _queue.Time + TimeSpan.FromSeconds(seconds);
        while (_queue.Step(end))
        {
        }
    }

    private sealed class Handler : IPeerHandler
    {
        public List<byte[]> Messages { get; } = [];

        public int Closed { get; private set; }

        public void OnMessage(ReadOnlySpan<byte> message) => Messages.Add(message.ToArray());

        public void OnClosed() => Closed++;
    }

    private sealed class Listener : IPeerListener
    {
        public Handler Handler { get; } = new();

        public IPeerConnection? Connection { get; private set; }

        public byte[]? Greeting { get; set; }

        public IPeerHandler Accept(IPeerConnection connection)
        {
            Connection = connection;
            if (Greeting is { } greeting)
            {
                connection.Send(greeting);
            }

            return Handler;
        }
    }
}
