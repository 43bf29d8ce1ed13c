using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Core.Transactions;
using OrleansZk.Protocol;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Replication;

/// <summary>A leader that is asked to stop has stopped when what it had decided on is published, and not before.</summary>
public sealed class LeaderStopTests : EngineTest
{
    private int _stopped;

    [Fact]
    public void With_nothing_to_do_it_has_stopped_at_once()
    {
        Engine.Leader.Stop(() => _stopped++, abandon: false);
        _stopped.ShouldBe(1);
    }

    [Fact]
    public void What_is_being_appended_is_published_first()
    {
        Engine.Hold();
        Session.Send(Create("/a"));

        Engine.Leader.Stop(() => _stopped++, abandon: false);
        _stopped.ShouldBe(0);

        Engine.ReleaseAll();
        _stopped.ShouldBe(1);
        IsThere("/a").ShouldBeTrue();
    }

    [Fact]
    public void What_is_sequenced_and_not_yet_being_appended_is_published_first()
    {
        Engine.Hold();
        var stop = new StopRequest(() => Engine.Leader.Stop(() => _stopped++, abandon: false));

        // One batch: when the second request is prepared the first is sequenced, and nothing is being appended.
        Engine.Replica.SubmitOwn([CreateRequest("/a"), stop]);
        _stopped.ShouldBe(0);

        Engine.ReleaseAll();
        _stopped.ShouldBe(1);
        IsThere("/a").ShouldBeTrue();
    }

    [Fact]
    public void All_groups_that_are_full_are_published_first()
    {
        using var engine = new EngineHarness(new EngineSettings { Leader = new LeaderOptions { MaxGroupBytes = 1 } });
        TestSession session = engine.Connect();
        engine.Hold();
        session.Send(Create("/a"), Create("/b"), Create("/c"));

        engine.Leader.Stop(() => _stopped++, abandon: false);
        engine.ReleaseOne();
        engine.ReleaseOne();
        _stopped.ShouldBe(0);
        engine.ReleaseOne();

        _stopped.ShouldBe(1);
        engine.Log.Groups.Count.ShouldBe(4);
        session.TakeAll().Count.ShouldBe(3);
    }

    [Fact]
    public void It_decides_on_nothing_more()
    {
        Engine.Leader.Stop(() => _stopped++, abandon: false);

        Session.Send(Create("/a"));

        Session.TakeAll().ShouldBeEmpty();
        IsThere("/a").ShouldBeFalse();
    }

    private static WriteRequest CreateRequest(string path)
    {
        byte[] record = Create(path).ToFrame(1)[(Frame.HeaderLength + (2 * sizeof(int)))..];
        var reader = new JuteReader(record);
        return OperationTable.Get<Create>().Decode(ref reader);
    }

    /// <summary>Does something while the leader sequences.</summary>
    private sealed class StopRequest(Action act) : WriteRequest
    {
        public override WriteOperation Operation => OperationTable.Get<Sync>();

        internal override ErrorCode Prepare(Preparation preparation)
        {
            act();
            return ErrorCode.Ok;
        }

        internal override void WriteRecord(JuteWriter writer) => throw new NotSupportedException("it stays on its server");

        internal override void Reply(TransactionBody? body, in Stat stat, ApplyContext context, JuteWriter reply) =>
            throw new NotSupportedException("nobody waits for its answer");
    }
}
