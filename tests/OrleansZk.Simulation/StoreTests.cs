using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Simulation.Store;
using OrleansZk.Simulation.World;

namespace OrleansZk.Simulation;

/// <summary>The simulated store keeps to the contracts of the ports, and fails only as they allow.</summary>
public sealed class StoreTests
{
    private readonly CancellationToken _never = CancellationToken.None;
    private readonly EventQueue _queue = new(new Random(1));
    private readonly SimulatedStore _store;
    private readonly SimulatedProcess _a;
    private readonly SimulatedProcess _b;

    public StoreTests()
    {
        SynchronizationContext.SetSynchronizationContext(null);
        _store = new SimulatedStore(_queue, new Trace(_queue));
        _a = new SimulatedProcess(_queue, "a", 1);
        _b = new SimulatedProcess(_queue, "b", 2);
        _a.Start();
        _b.Start();
    }

    [Fact]
    public void An_epoch_is_claimed_by_one()
    {
        SimulatedLog a = LogOf(_a, 1);
        SimulatedLog b = LogOf(_b, 2);
        Wait(a.ClaimEpochAsync(0, _never)).ShouldBe(1);
        Should.Throw<LeaderFencedException>(() => Wait(b.ClaimEpochAsync(0, _never)));
        _store.Leader.ShouldBe((1, 1));
        Wait(b.ClaimEpochAsync(1, _never)).ShouldBe(2);
        Should.Throw<LeaderFencedException>(() => Do(a.ConfirmEpochAsync(_never)));
        Do(b.ConfirmEpochAsync(_never));
    }

    [Fact]
    public void A_deposed_leader_cannot_append_but_may_repeat_what_is_there()
    {
        SimulatedLog a = LogOf(_a, 1);
        Wait(a.ClaimEpochAsync(0, _never));
        Do(a.AppendAsync(Group(1, 1), _never));
        Wait(LogOf(_b, 2).ClaimEpochAsync(1, _never));
        Should.Throw<LeaderFencedException>(() => Do(a.AppendAsync(Group(1, 2), _never)));
        Do(a.AppendAsync(Group(1, 1), _never));
        _store.Committed.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_append_that_fails_may_have_happened_or_happen_later_and_is_repeated(int kind)
    {
        SimulatedLog a = LogOf(_a, 1);
        Wait(a.ClaimEpochAsync(0, _never));
        _store.Faults = new StoreFaults
        {
            UnavailablePerMille = kind == 0 ? 1000 : 0, AmbiguousPerMille = kind == 1 ? 1000 : 0, LatePerMille = kind == 2 ? 1000 : 0,
        };
        Should.Throw<StoreUnavailableException>(() => Do(a.AppendAsync(Group(1, 1), _never)));
        if (kind == 0)
        {
            _store.Committed.ShouldBeEmpty();
        }
        else
        {
            RunFor(5);
            _store.Committed.Count.ShouldBe(1);
        }

        _store.Faults = StoreFaults.None;
        Do(a.AppendAsync(Group(1, 1), _never));
        RunFor(5);
        _store.Committed.Count.ShouldBe(1);
        _store.Misuses.ShouldBeEmpty();
    }

    [Fact]
    public void A_late_append_of_a_deposed_leader_does_not_happen()
    {
        SimulatedLog a = LogOf(_a, 1);
        SimulatedLog b = LogOf(_b, 2);
        Wait(a.ClaimEpochAsync(0, _never));
        _store.Faults = new StoreFaults { LatePerMille = 1000, Least = TimeSpan.FromSeconds(1), Most = TimeSpan.FromSeconds(1) };
        Task late = a.AppendAsync(Group(1, 1), _never).AsTask();
        RunFor(0.6);
        _store.Faults = StoreFaults.None;
        Wait(b.ClaimEpochAsync(1, _never));
        RunFor(500);
        late.IsFaulted.ShouldBeTrue();
        _store.Committed.ShouldBeEmpty();
    }

    [Fact]
    public void Another_group_at_the_same_place_is_a_misuse()
    {
        SimulatedLog a = LogOf(_a, 1);
        Wait(a.ClaimEpochAsync(0, _never));
        Do(a.AppendAsync(Group(1, 1), _never));
        Should.Throw<InvalidOperationException>(() => Do(a.AppendAsync(Group(1, 1) with { Bytes = new byte[] { 9 } }, _never)));
        _store.Misuses.Count.ShouldBe(1);
    }

    [Fact]
    public void Nothing_that_a_dead_process_waited_for_runs()
    {
        Task claim = LogOf(_a, 1).ClaimEpochAsync(0, _never).AsTask();
        _a.Kill();
        RunFor(10);
        claim.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void Continuations_run_on_the_simulations_thread()
    {
        int thread = 0;
        async Task Claim()
        {
            await LogOf(_a, 1).ClaimEpochAsync(0, _never).ConfigureAwait(false);
            thread = Environment.CurrentManagedThreadId;
        }

        Task claiming = Claim();
        RunFor(1);
        claiming.IsCompleted.ShouldBeTrue();
        thread.ShouldBe(Environment.CurrentManagedThreadId);
    }

    [Fact]
    public void Truncated_groups_cannot_be_read()
    {
        SimulatedLog a = LogOf(_a, 1);
        Wait(a.ClaimEpochAsync(0, _never));
        for (int i = 1; i <= 20; i++)
        {
            Do(a.AppendAsync(Group(1, i), _never));
        }

        Do(a.TruncateAsync(Zxid(1, 5), _never));
        Read(a, Zxid(1, 5)).Select(group => group.FirstZxid).ShouldBe(Enumerable.Range(6, 15).Select(i => Zxid(1, i)));
        Should.Throw<LogTruncatedException>(() => Read(a, Zxid(1, 4)));
        Wait(a.OpenAsync(_never)).ShouldBe(new LogPosition(1, Zxid(1, 20)));
    }

    [Fact]
    public void A_checkpoint_moves_only_from_where_it_is()
    {
        var store = new SimulatedCheckpointStore(_store, _a);
        var first = new CheckpointHeader(5, 1, 0);
        Do(store.WriteAsync(null, first, [], [], _never));
        Should.Throw<CheckpointException>(() => Do(store.WriteAsync(null, new CheckpointHeader(6, 1, 0), [], [], _never)));
        Do(store.WriteAsync(first, new CheckpointHeader(7, 1, 0), [], [], _never));
        _store.Checkpoint.Header!.Value.Zxid.ShouldBe(7);
    }

    [Fact]
    public void Members_know_who_is_alive_who_hangs_and_who_leads()
    {
        var a = new SimulatedMembership(_store, _a);
        var b = new SimulatedMembership(_store, _b);
        Do(a.JoinAsync(Info(1, 1), _never));
        Do(b.JoinAsync(Info(2, 1), _never));
        Wait(LogOf(_a, 1).ClaimEpochAsync(0, _never));
        _a.Pause();
        RunFor(7);
        EnsembleView view = Wait(b.BeatAsync(default, _never));
        (view.Epoch, view.Leader).ShouldBe((1, (1, 1)));
        view.Members[0].IsConnected.ShouldBeTrue();
        view.Members[0].SilentFor.ShouldBeGreaterThan(TimeSpan.FromSeconds(6));
        _a.Kill();
        Wait(b.BeatAsync(default, _never)).Members[0].IsConnected.ShouldBeFalse();
        Do(b.HandOverAsync(1, 2, _never));
        view = Wait(b.BeatAsync(default, _never));
        (view.Leader, view.Successor).ShouldBe((null, 2));
    }

    [Fact]
    public void An_id_belongs_to_one_live_member()
    {
        var a = new SimulatedMembership(_store, _a);
        Do(a.JoinAsync(Info(1, 1), _never));
        var b = new SimulatedMembership(_store, _b);
        Should.Throw<MemberConflictException>(() => Do(b.JoinAsync(Info(1, 2), _never)));
        RunFor(20);
        Do(b.JoinAsync(Info(1, 2), _never));
        Should.Throw<MemberConflictException>(() => Wait(a.BeatAsync(default, _never)));
        Do(b.LeaveAsync(_never));
        _store.Members.ShouldBeEmpty();
    }

    private static long Zxid(long epoch, int counter) => (epoch << 32) + counter;

    private static LogGroup Group(long epoch, int counter) => new(Zxid(epoch, counter), Zxid(epoch, counter), new byte[] { (byte)counter });

    private static MemberInfo Info(int id, long incarnation) => new(id, incarnation, $"s{id}:1", $"s{id}:2");

    private SimulatedLog LogOf(SimulatedProcess process, int id) => new(_store, process, id, 1);

    private List<LogGroup> Read(SimulatedLog log, long after)
    {
        async Task<List<LogGroup>> All()
        {
            var groups = new List<LogGroup>();
            await foreach (LogGroup group in log.ReadAsync(after, _never).ConfigureAwait(false))
            {
                groups.Add(group);
            }

            return groups;
        }

        return Wait(new ValueTask<List<LogGroup>>(All()));
    }

    private T Wait<T>(ValueTask<T> call)
    {
        Task<T> task = call.AsTask();
        for (int i = 0; i < 1000 && !task.IsCompleted; i++)
        {
            RunFor(0.01);
        }

        return task.GetAwaiter().GetResult();
    }

    private void Do(ValueTask call)
    {
        Task task = call.AsTask();
        for (int i = 0; i < 1000 && !task.IsCompleted; i++)
        {
            RunFor(0.01);
        }

        task.GetAwaiter().GetResult();
    }

    private void RunFor(double seconds)
    {
        TimeSpan end = _queue.Time + TimeSpan.FromSeconds(seconds);
        while (_queue.Step(end))
        {
        }
    }
}
