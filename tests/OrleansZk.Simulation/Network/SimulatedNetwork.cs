using OrleansZk.Core.Ensemble;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation.Network;

/// <summary>Where servers listen for each other.</summary>
internal sealed class PeerDirectory
{
    private readonly Dictionary<string, (SimulatedProcess Process, int Generation, IPeerListener Listener)> _listeners = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedProcess> _hosts = new(StringComparer.Ordinal);

    /// <summary>What spoils the end of a new connection that a server opens: a follower's.</summary>
    public Func<SimulatedProcess, IPeerTampering?> Tamper { get; set; } = _ => null;

    /// <summary>Names the machine behind an address, whether or not anybody listens there.</summary>
    public void AddHost(string address, SimulatedProcess process) => _hosts[address] = process;

    /// <summary>Listens until the incarnation ends.</summary>
    public void Listen(string address, SimulatedProcess process, IPeerListener listener) =>
        _listeners[address] = (process, process.Generation, listener);

    public SimulatedProcess? HostOf(string address) => _hosts.GetValueOrDefault(address);

    public (SimulatedProcess Process, IPeerListener Listener)? Find(string address) =>
        _listeners.TryGetValue(address, out (SimulatedProcess Process, int Generation, IPeerListener Listener) found)
            && found.Process.Generation == found.Generation
            ? (found.Process, found.Listener)
            : null;
}

/// <summary>The other servers as one process reaches them.</summary>
internal sealed class SimulatedNetwork(Fabric fabric, PeerDirectory directory, SimulatedProcess process, string ownAddress) : IPeerNetwork
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    public ValueTask<IPeerConnection> ConnectAsync(string address, IPeerHandler handler, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<IPeerConnection>();
        int generation = process.Generation;
        CancellationTokenRegistration registration = cancellationToken.Register(() => done.TrySetCanceled(cancellationToken));
        void Fail(TimeSpan after, bool refused) => fabric.Queue.ScheduleAt(fabric.Queue.Now + after.Ticks, process, generation, () =>
        {
            registration.Dispose();
            done.TrySetException(new PeerUnreachableException($"{address}: {(refused ? "connection refused" : "no answer")}", refused));
        });

        fabric.Queue.Schedule(fabric.NextDelay(), null, () =>
        {
            SimulatedProcess? host = directory.HostOf(address);
            if (process.Generation != generation)
            {
                return;
            }

            if (host is null || fabric.IsCut(process.Host, host.Host) || fabric.IsCut(host.Host, process.Host))
            {
                Fail(ConnectTimeout, refused: false);
            }
            else if (directory.Find(address) is not { } found)
            {
                Fail(fabric.NextDelay(), refused: true);
            }
            else
            {
                // A process that hangs lets the connection be made, and then proves nothing.
                Fail(ConnectTimeout, refused: false);
                Connect(found.Process, found.Listener, address, handler, done, registration);
            }
        });
        return new ValueTask<IPeerConnection>(done.Task);
    }

    private void Connect(
        SimulatedProcess target,
        IPeerListener listener,
        string address,
        IPeerHandler handler,
        TaskCompletionSource<IPeerConnection> done,
        CancellationTokenRegistration registration)
    {
        var near = new SimulatedPeerConnection(fabric, process, address) { Tampering = directory.Tamper(process) };
        var far = new SimulatedPeerConnection(fabric, target, ownAddress);
        near.Join(target, far);
        far.Join(process, near);
        near.SendControl(() =>
        {
            far.Handler = listener.Accept(far);

            // The first thing to arrive is that the connection is there; only then what the other side has said.
            far.SendControl(() =>
            {
                registration.Dispose();
                near.Handler = handler;
                if (!done.TrySetResult(near))
                {
                    near.Handler = null;
                    near.Close();
                }
            });
        });
    }
}
