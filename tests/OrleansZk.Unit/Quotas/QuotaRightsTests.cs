using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Quotas;

/// <summary>Who may change the nodes of a quota: those who may administer what it is on.</summary>
public sealed class QuotaRightsTests : EngineTest
{
    private const string User = "u:p";
    private const string Limits = "/zookeeper/quota/secret/zookeeper_limits";
    private const string Stats = "/zookeeper/quota/secret/zookeeper_stats";
    private const string Text = "count=-1,bytes=-1=;byteHardLimit=0;countHardLimit=1";

    private readonly TestSession _owner;

    public QuotaRightsTests()
    {
        _owner = ConnectAs(User);
        _owner.Ask(Create("/secret", "x", acl: Acl.CreatorAll));
        Session.Ask(Create("/zookeeper/quota/secret"));
    }

    [Theory]
    [InlineData(Limits)]
    [InlineData(Stats)]
    public void Others_can_neither_make_nor_change_nor_delete_one(string path)
    {
        Session.Try(Create(path, Text)).ShouldBe(ErrorCode.NoAuth);
        Session.Ask(Multi(Create("/before"), Create(path, Text))).Parts![1].Result.Error.ShouldBe(ErrorCode.NoAuth);
        IsThere("/before").ShouldBeFalse();
        _owner.Try(Create(path, "count=5")).ShouldBe(ErrorCode.Ok);

        Session.Try(SetData(path, Text)).ShouldBe(ErrorCode.NoAuth);
        Session.Try(SetAcl(path, [World(Permissions.None)])).ShouldBe(ErrorCode.NoAuth);
        Session.Try(Delete(path)).ShouldBe(ErrorCode.NoAuth);
        Session.Ask(Multi(SetData(path, Text))).Parts![0].Result.Error.ShouldBe(ErrorCode.NoAuth);
        Session.Ask(Multi(Delete(path))).Parts![0].Result.Error.ShouldBe(ErrorCode.NoAuth);
        _owner.Try(SetData("/secret", "longer than before")).ShouldBe(ErrorCode.Ok);

        _owner.Try(SetData(path, "count=6")).ShouldBe(ErrorCode.Ok);
        _owner.Try(Delete(path)).ShouldBe(ErrorCode.Ok);
        ConnectAs(EngineSettings.SuperPassword).Try(Create(path, "count=5")).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void The_right_on_the_target_does_not_replace_the_one_on_the_node()
    {
        Session.Ask(Create("/zookeeper/quota/shut", acl: [World(Permissions.None)]));
        Session.Ask(Create("/shut"));

        Session.Try(Create("/zookeeper/quota/shut/zookeeper_limits", Text)).ShouldBe(ErrorCode.NoAuth);
    }

    [Fact]
    public void Only_the_target_counts_and_not_what_is_above_it()
    {
        Session.Ask(Create("/open", acl: [World(Permissions.Create)]));
        _owner.Ask(Create("/open/own", acl: Acl.CreatorAll));
        _owner.Ask(Multi(Create("/zookeeper/quota/open"), Create("/zookeeper/quota/open/own")));

        _owner.Try(Create("/zookeeper/quota/open/zookeeper_limits", Text)).ShouldBe(ErrorCode.NoAuth);
        _owner.Try(Create("/zookeeper/quota/open/own/zookeeper_limits", Text)).ShouldBe(ErrorCode.Ok);
    }

    [Fact]
    public void Where_the_target_does_not_exist_the_nearest_node_above_it_counts()
    {
        Session.Ask(Multi(Create("/zookeeper/quota/secret/a"), Create("/zookeeper/quota/secret/a/b"), Create("/zookeeper/quota/none")));

        Session.Try(Create("/zookeeper/quota/secret/a/b/zookeeper_limits", Text)).ShouldBe(ErrorCode.NoAuth);
        Session.Try(Create("/zookeeper/quota/none/zookeeper_limits", Text)).ShouldBe(ErrorCode.Ok, "the root is open");
        _owner.Try(Create("/zookeeper/quota/secret/a/b/zookeeper_limits", Text)).ShouldBe(ErrorCode.Ok);
        _owner.Ask(Create("/secret/a", acl: Acl.OpenUnsafe));
        Session.Try(Delete("/zookeeper/quota/secret/a/b/zookeeper_limits")).ShouldBe(ErrorCode.Ok, "/secret/a is the nearest now");
    }

    [Fact]
    public void What_is_on_its_way_counts()
    {
        Engine.Hold();
        Session.Send(Create("/held"));
        Session.Send(
            Create("/zookeeper/quota/new"),
            Create("/new", acl: [World(Permissions.All & ~Permissions.Admin)]),
            Create("/zookeeper/quota/new/zookeeper_limits", Text),
            Multi(Create("/mine"), Create("/zookeeper/quota/mine"), Create("/zookeeper/quota/mine/zookeeper_limits", Text)),
            Multi(
                Create("/theirs", acl: [World(Permissions.All & ~Permissions.Admin)]),
                Create("/zookeeper/quota/theirs"),
                Create("/zookeeper/quota/theirs/zookeeper_limits", Text)));
        Engine.ReleaseAll();

        Session.TakeAll();
        IsThere("/new").ShouldBeTrue();
        IsThere("/zookeeper/quota/new/zookeeper_limits").ShouldBeFalse();
        IsThere("/zookeeper/quota/mine/zookeeper_limits").ShouldBeTrue();
        IsThere("/theirs").ShouldBeFalse();
    }

    [Fact]
    public void A_node_that_only_looks_like_one_is_a_node()
    {
        Session.Try(Create("/zookeeper/quota/zookeeper_limits", Text)).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/zookeeper/quota/secret/limits", Text)).ShouldBe(ErrorCode.Ok);
        Session.Try(Create("/zookeeper_limits", Text)).ShouldBe(ErrorCode.Ok);
    }
}
