using OrleansZk.Core.Replication;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Quotas;

public sealed class QuotaTests() : EngineTest(new EngineSettings { Leader = new LeaderOptions { OnSoftQuotaExceeded = Warn } })
{
    [ThreadStatic]
    private static List<string>? s_warnings;

    private static List<string> Warnings => s_warnings ??= [];

    [Fact]
    public void Usage_is_counted_when_the_quota_is_made_and_kept_in_place()
    {
        Session.Ask(Create("/a", "12345"));
        Session.Ask(Create("/a/b", "123"));
        SetQuota(Session, "/a", count: 10);
        Usage("/a").ShouldBe("count=2,bytes=8");
        Stat before = StatOf("/zookeeper/quota/a/zookeeper_stats");

        Session.Ask(Create("/a/c", "1"));
        Usage("/a").ShouldBe("count=3,bytes=9");
        Session.Ask(SetData("/a/b", "123456789"));
        Usage("/a").ShouldBe("count=3,bytes=15");
        Session.Ask(Delete("/a/c"));
        Usage("/a").ShouldBe("count=2,bytes=14");

        // No transaction of its own: nothing of the stat moves but the length.
        StatOf("/zookeeper/quota/a/zookeeper_stats").ShouldBe(before with { DataLength = "count=2,bytes=14".Length });
    }

    [Fact]
    public void Hard_limits_of_nodes()
    {
        Session.Ask(Create("/a"));
        SetQuota(Session, "/a", hardCount: 3);

        Session.Try(Create("/a/1")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/a/1/2")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/a/3")).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Try(SetData("/a/1", "data is not counted")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/other")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/ab")).ShouldBe(ErrorCode.Ok, "not beneath /a");
        Session.Try(Delete("/a/1/2")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/a/3")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Hard_limits_of_bytes()
    {
        Session.Ask(Create("/a", "1234"));
        SetQuota(Session, "/a", hardBytes: 10);

        Session.Try(Create("/a/1", "123456")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/a/2", "1")).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Try(Create("/a/2")).ShouldBe(ErrorCode.Ok, "a node without data adds no bytes");
        Session.Try(SetData("/a", "12345")).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Try(SetData("/a", "4321")).ShouldBe(ErrorCode.Ok);
        Session.Try(SetData("/a", "1")).ShouldBe(ErrorCode.Ok);
        Session.Try(SetData("/a/2", "123")).ShouldBe(ErrorCode.Ok);
        Session.Try(SetAcl("/a", Acl.OpenUnsafe)).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Soft_limits_warn_and_let_pass()
    {
        Warnings.Clear();
        Session.Ask(Create("/a"));
        SetQuota(Session, "/a", count: 1, bytes: 2);

        Session.Try(Create("/a/1")).ShouldBe(ErrorCode.Ok);
        Session.Try(SetData("/a/1", "12")).ShouldBe(ErrorCode.Ok);
        Session.Try(SetData("/a/1", "123")).ShouldBe(ErrorCode.Ok);
        Warnings.ShouldBe(["/a 2 0", "/a 2 3"]);
    }

    [Fact]
    public void A_usage_above_the_limit_lets_sizes_stay_and_nodes_go()
    {
        Session.Ask(Create("/a", "1234567890"));
        Session.Ask(Create("/a/b"));
        SetQuota(Session, "/a", hardBytes: 5, hardCount: 1);

        Session.Try(Create("/a/c")).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Try(SetData("/a", "12345678901")).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Try(SetData("/a", "123456")).ShouldBe(ErrorCode.QuotaExceeded, "less than before, but still too much");
        Session.Try(SetData("/a", "0987654321")).ShouldBe(ErrorCode.Ok, "as much as before");
        Session.Try(SetData("/a", "12345")).ShouldBe(ErrorCode.Ok, "no longer too much");
        Session.Try(Delete("/a/b")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Requests_on_their_way_count()
    {
        Session.Ask(Create("/a"));
        SetQuota(Session, "/a", hardCount: 3);
        Engine.Hold();
        Session.Send(Create("/held"));

        Session.Send(Create("/a/1"), Create("/a/2"), Create("/a/3"), Delete("/a/1"), Create("/a/3"));
        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().Skip(1).Select(answer => answer.Result.Error).ShouldBe(
            [ErrorCode.Ok, ErrorCode.Ok, ErrorCode.QuotaExceeded, ErrorCode.Ok, ErrorCode.Ok]);
        Usage("/a").ShouldBe("count=3,bytes=0");
    }

    [Fact]
    public void A_quota_on_its_way_counts_what_is_there()
    {
        // The usage that the client writes is not believed, by the tree or by the leader's view of what is to come.
        Session.Ask(Multi(Create("/a", "12345"), Create("/a/1"), Create("/a/2"), Create("/a/3")));
        Engine.Hold();
        Session.Send(Create("/held"));

        Session.Send(Delete("/a/3"), Create("/a/1/4"));
        SendQuota(Session, "/a", hardCount: 5);
        Session.Send(Create("/a/5"), Create("/a/6"), Delete("/a/2"), Create("/a/6"), Create("/a/7"));
        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().TakeLast(5).Select(answer => answer.Result.Error).ShouldBe(
            [ErrorCode.Ok, ErrorCode.QuotaExceeded, ErrorCode.Ok, ErrorCode.Ok, ErrorCode.QuotaExceeded]);
        Usage("/a").ShouldBe("count=5,bytes=5");
    }

    [Fact]
    public void A_quota_that_goes_on_its_way_no_longer_counts()
    {
        Session.Ask(Create("/a"));
        SetQuota(Session, "/a", hardCount: 1);
        Engine.Hold();
        Session.Send(Create("/held"));

        Session.Send(Create("/a/1"), Delete("/zookeeper/quota/a/zookeeper_limits"), Create("/a/1"));
        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().Skip(1).Select(answer => answer.Result.Error).ShouldBe(
            [ErrorCode.QuotaExceeded, ErrorCode.Ok, ErrorCode.Ok]);
    }

    [Fact]
    public void Parts_of_a_multi_count_and_a_failed_one_counts_nothing()
    {
        Session.Ask(Create("/a"));
        SetQuota(Session, "/a", hardCount: 3);

        Session.Ask(Multi(Create("/a/1"), Create("/a/2"), Create("/a/3"))).Parts![2].Result.Error.ShouldBe(ErrorCode.QuotaExceeded);
        Session.Ask(Multi(Create("/a/1"), Delete("/a/1"), Create("/a/2"), Create("/a/3")))
            .Parts!.ShouldAllBe(part => part.Result.Error == ErrorCode.Ok);
        Usage("/a").ShouldBe("count=3,bytes=0");
    }

    [Fact]
    public void The_deepest_quota_applies()
    {
        Session.Ask(Multi(Create("/a"), Create("/a/b")));
        SetQuota(Session, "/a", hardCount: 2);
        SetQuota(Session, "/a/b", hardCount: 2);

        Session.Try(Create("/a/x")).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Try(Create("/a/b/1")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/a/b/2")).ShouldBe(ErrorCode.QuotaExceeded);
        Usage("/a").ShouldBe("count=2,bytes=0");
        Usage("/a/b").ShouldBe("count=2,bytes=0");
    }

    [Fact]
    public void Ephemerals_of_a_session_that_ends_are_taken_off()
    {
        Session.Ask(Create("/a"));
        SetQuota(Session, "/a", hardCount: 3);
        TestSession other = Engine.Connect();
        other.Ask(Create("/a/1", "data", CreateMode.Ephemeral));
        other.Ask(Create("/a/2", mode: CreateMode.Ephemeral));
        Session.Try(Create("/a/3")).ShouldBe(ErrorCode.QuotaExceeded);

        other.Ask(CloseSession());

        Usage("/a").ShouldBe("count=1,bytes=0");
        Session.Try(Create("/a/3")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Usage_survives_restarts_with_and_without_a_checkpoint()
    {
        Session.Ask(Create("/a"));
        SetQuota(Session, "/a", hardCount: 3);
        Session.Ask(Create("/a/1", "12"));
        Engine.Checkpoint();
        Session.Ask(Create("/a/2", "3"));

        for (int i = 0; i < 2; i++)
        {
            Engine.Restart();
            TestSession session = Engine.Connect();
            Usage("/a").ShouldBe("count=3,bytes=3");
            session.Try(Create("/a/3")).ShouldBe(ErrorCode.QuotaExceeded);
            Engine.Checkpoint();
        }
    }

    [Fact]
    public void Quotas_can_be_left_unenforced_and_are_counted_all_the_same()
    {
        using var engine = new EngineHarness(new EngineSettings { Leader = new LeaderOptions { EnforceQuota = false } });
        TestSession session = engine.Connect();
        session.Ask(Create("/a"));
        SetQuota(session, "/a", hardCount: 1);

        session.Try(Create("/a/1")).ShouldBe(ErrorCode.Ok);
        session.Ask(GetData("/zookeeper/quota/a/zookeeper_stats")).Text.ShouldBe("count=2,bytes=0");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("count=0,bytes=0")]
    [InlineData("count=999,bytes=999")]
    [InlineData("nonsense")]
    public void What_is_there_counts_whatever_the_usage_node_says(string? usage)
    {
        Session.Ask(Multi(Create("/a", "12345"), Create("/a/1", "6"), Create("/a/1/2")));
        SetQuota(Session, "/a", hardCount: 4, hardBytes: 8);
        Session.Ask(usage is null ? Delete("/zookeeper/quota/a/zookeeper_stats") : SetData("/zookeeper/quota/a/zookeeper_stats", usage));

        Session.Try(SetData("/a/1/2", "789")).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Try(SetData("/a/1/2", "78")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/a/1/3")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/a/1/4")).ShouldBe(ErrorCode.QuotaExceeded);
        Session.Try(Delete("/a/1/3")).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/a/1/4")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void A_quota_that_is_taken_back_with_its_multi_limits_nothing()
    {
        Session.Ask(Create("/a"));
        Session.Ask(Create("/zookeeper/quota/a"));
        Engine.Hold();
        Session.Send(Create("/held"));

        Session.Send(
            Multi(Create("/zookeeper/quota/a/zookeeper_limits", "countHardLimit=1"), Delete("/none")),
            Create("/a/1"),
            Multi(Create("/zookeeper/quota/a/zookeeper_limits", "countHardLimit=2"), Create("/a/2")),
            Multi(Create("/zookeeper/quota/a/zookeeper_limits", "countHardLimit=2"), Check("/a/1", -1)),
            Create("/a/2"),
            Multi(Delete("/zookeeper/quota/a/zookeeper_limits"), Create("/a/2"), Delete("/none")),
            Create("/a/2"));
        Engine.ReleaseAll();

        Session.TakeAll().OfType<Answer>().Skip(1)
            .Select(answer => answer.Result.Parts?.Select(part => part.Result.Error).FirstOrDefault(error => error != ErrorCode.Ok) ?? answer.Result.Error)
            .ShouldBe([ErrorCode.NoNode, ErrorCode.Ok, ErrorCode.QuotaExceeded, ErrorCode.Ok, ErrorCode.QuotaExceeded, ErrorCode.NoNode, ErrorCode.QuotaExceeded]);
    }

    [Fact]
    public void Limits_that_make_no_sense_limit_nothing()
    {
        Session.Ask(Create("/a"));
        SetQuota(Session, "/a", hardCount: 1);
        Session.Ask(SetData("/zookeeper/quota/a/zookeeper_limits", "nonsense"));

        Session.Try(Create("/a/1")).ShouldBe(ErrorCode.Ok);
    }

    private static void Warn(string path, long count, long bytes) => Warnings.Add($"{path} {count} {bytes}");

    private static void SetQuota(TestSession session, string path, long count = -1, long bytes = -1, long hardCount = -1, long hardBytes = -1)
    {
        SendQuota(session, path, count, bytes, hardCount, hardBytes);
        session.TakeAll();
    }

    // As zkCli does it: the missing parents, the limits, the usage with nothing used.
    private static void SendQuota(TestSession session, string path, long count = -1, long bytes = -1, long hardCount = -1, long hardBytes = -1)
    {
        string at = "/zookeeper/quota";
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            session.Send(Create(at += $"/{name}"));
        }

        session.Send(Create($"{at}/zookeeper_limits", $"count={count},bytes={bytes}=;byteHardLimit={hardBytes};countHardLimit={hardCount}"));
        session.Send(Create($"{at}/zookeeper_stats", "count=0,bytes=0"));
    }

    private string Usage(string path) => System.Text.Encoding.UTF8.GetString(Node($"/zookeeper/quota{path}/zookeeper_stats").Data!);
}
