using System.Text;
using OrleansZk.Histories;
using OrleansZk.Simulation.Clients;
using OrleansZk.Simulation.Servers;

namespace OrleansZk.Simulation.Scenarios;

/// <content>Who takes part beside the servers: ordinary clients, adversaries, and probes at the end.</content>
internal sealed partial class SimulatedWorld
{
    private const int FirstClientHost = 100;

    private static readonly TimeSpan AdversarysThinkTime = TimeSpan.FromMilliseconds(700);

    private readonly List<SimulatedClient> _clients = [];
    private readonly Dictionary<SimulatedClient, Action> _successors = [];
    private int _clientCount;

    private ClientSurroundings Surroundings => new(Queue, Trace, Fabric, History, _servers) { Tamper = () => _sabotage?.Tamper(this) };

    /// <summary>Limits refuse what adversaries ask for, and nothing that others do; what was broken while it was prepared is refused whoever asked.</summary>
    public bool MayRefuse(Operation operation, ErrorCode error) => error == ErrorCode.SystemError
        ? Exceptions.Refused > 0
        : error is ErrorCode.QuotaExceeded or ErrorCode.BadArguments or ErrorCode.MarshallingError or ErrorCode.NoAuth
        && _clients.Exists(client => client.IsAdversary && client.Process.Name == operation.Connection.Client);

    /// <summary>A client dies; another one takes its place.</summary>
    public void KillClient()
    {
        SimulatedClient client = _clients[Queue.Random.Next(_clients.Count)];
        if (client.Process.IsAlive)
        {
            Kill(client);
            _successors[client]();
        }
    }

    /// <summary>A client's connection breaks; the client comes back.</summary>
    public void DropConnection() => _clients[Queue.Random.Next(_clients.Count)].Drop();

    private void AddClient()
    {
        WorkloadOptions workload = Queue.Random.Next(100) < _scenario.ReaderPercent
            ? Scenario.OnlyReads with { ThinkTime = _scenario.Workload.ThinkTime }
            : _scenario.Workload;
        int number = ++_clientCount;
        string name = FormattableString.Invariant($"c{number}");
        Add(AddClient, new SimulatedClient(
            name, FirstClientHost + number, Surroundings, new Workload(name, workload, Queue.Random), _scenario.SessionTimeout)
        {
            TakesReadOnly = Queue.Random.Next(100) < _scenario.TakesReadOnlyPercent,
        });
    }

    private void AddAdversary(Adversary adversary)
    {
        int number = ++_clientCount;
        string name = FormattableString.Invariant($"a{number}");
        var workload = new AdversarialWorkload(name, adversary.Kind, AdversarysThinkTime, Queue.Random);
        Add(() => AddAdversary(adversary), new SimulatedClient(name, FirstClientHost + number, Surroundings, workload, _scenario.SessionTimeout)
        {
            TakesReadOnly = Queue.Random.Next(100) < _scenario.TakesReadOnlyPercent,
            Habit = adversary.Habit,
            IsAdversary = true,
        });
    }

    /// <summary>A client of one server alone, which reads, writes and waits for the leader.</summary>
    private SimulatedClient Probe(ISimulatedServer server)
    {
        int number = ++_clientCount;
        string name = FormattableString.Invariant($"p{server.Id}");
        var probe = new SimulatedClient(
            name,
            FirstClientHost + number,
            Surroundings with { Servers = [server] },
            new Workload(name, new WorkloadOptions(), Queue.Random),
            _scenario.SessionTimeout);
        probe.Start();
        probe.BeQuiet();
        probe.LookAt(
        [
            new Request(OpCode.GetChildren, "/"),
            new Request(OpCode.Create, "/probe-") { Mode = CreateMode.EphemeralSequential, Data = Encoding.UTF8.GetBytes(name) },
            new Request(OpCode.Sync, "/"),
        ]);
        return probe;
    }

    private void Add(Action successor, SimulatedClient client)
    {
        _successors[client] = successor;
        _clients.Add(client);
        client.Start();
    }

    private void Kill(SimulatedClient client)
    {
        Trace.Add("dies", client.Process.Name);
        client.Kill();
        Fabric.OnDied(client.Process);
    }
}
