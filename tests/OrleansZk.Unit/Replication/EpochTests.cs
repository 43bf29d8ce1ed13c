using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Replication;

public sealed class EpochTests() : EngineTest(new EngineSettings { FirstCounter = uint.MaxValue - 4 })
{
    private const long LastOfFirst = (1L << 32) + uint.MaxValue;

    [Fact]
    public void A_used_up_epoch_is_followed_by_the_next_without_an_error()
    {
        long[] zxids = [.. Enumerable.Range(0, 8).Select(i => Session.Call(Create($"/{i}")).Zxid)];

        // The session's creation had the first of the four that were left.
        zxids[..3].ShouldBe([LastOfFirst - 2, LastOfFirst - 1, LastOfFirst]);
        zxids[3..].ShouldBe([.. Enumerable.Range(1, 5).Select(i => (2L << 32) + i)]);
        Engine.Log.Epoch.ShouldBe(2);
        Engine.Restart();
        Engine.Replica.LastAppliedZxid.ShouldBe((2L << 32) + 5);
    }

    [Fact]
    public void Nothing_is_lost_or_turned_round_when_it_happens_amid_a_batch()
    {
        Engine.Hold();
        Session.Send(Create("/held"));
        Session.Send([.. Enumerable.Range(0, 20).SelectMany(i => new[] { Create($"/{i}"), Exists($"/{i}"), Create($"/{i}") })]);

        Engine.ReleaseAll();

        Engine.Failures.ShouldBeEmpty();
        ErrorCode[] errors = [.. Session.TakeAll().OfType<Answer>().Skip(1).Select(answer => answer.Result.Error)];
        string.Join(' ', errors).ShouldBe(string.Join(' ', Enumerable.Repeat("Ok Ok NodeExists", 20)));
        Engine.Log.Epoch.ShouldBe(2);
        Engine.Log.History.ShouldAllBe(group => group.First >> 32 == group.Last >> 32);
        Session.Try(Create("/more")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void It_happens_behind_all_groups_that_are_full()
    {
        using var engine = new EngineHarness(new EngineSettings { FirstCounter = uint.MaxValue - 4, Leader = new LeaderOptions { MaxGroupBytes = 1 } });
        TestSession session = engine.Connect();
        engine.Hold();
        session.Send([.. Enumerable.Range(0, 8).Select(i => Create($"/{i}"))]);

        engine.ReleaseAll();

        session.TakeAll().OfType<Answer>().Select(answer => answer.Zxid).ShouldBe(
            [LastOfFirst - 2, LastOfFirst - 1, LastOfFirst, .. Enumerable.Range(1, 5).Select(i => (2L << 32) + i)]);
        engine.Failures.ShouldBeEmpty();
    }

    [Fact]
    public void A_claim_that_fails_ends_the_leader()
    {
        Engine.Log.FailNextClaim(new IOException("no store"));
        for (int i = 0; i < 3; i++)
        {
            Session.Ask(Create($"/{i}"));
        }

        Session.Send(Create("/3"));

        Session.TakeAll().ShouldBeEmpty();
        Engine.Failures.Count.ShouldBe(1);
        Engine.Failures.Clear();
    }
}
