using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Access;

/// <summary>Lists are kept for as long as a node has them.</summary>
public sealed class AclSharingTests : EngineTest
{
    [Fact]
    public void A_list_goes_with_the_last_node_that_has_it()
    {
        int before = Engine.Replica.Tree.AclCount;
        Acl[] list = [Digest(Permissions.All, "u:p"), World(Permissions.All)];
        Session.Ask(Multi(Create("/a", acl: list), Create("/b", acl: list), Create("/c", acl: list)));
        Engine.Replica.Tree.AclCount.ShouldBe(before + 1);

        Session.Ask(Delete("/a"));
        Session.Ask(SetAcl("/b", Acl.OpenUnsafe));
        Session.Ask(SetAcl("/c", list));
        Engine.Replica.Tree.AclCount.ShouldBe(before + 1);

        Session.Ask(SetAcl("/c", [World(Permissions.All)]));
        Engine.Replica.Tree.AclCount.ShouldBe(before);
    }

    [Fact]
    public void Lists_used_once_do_not_add_up()
    {
        Session.Ask(Create("/a"));
        int before = Engine.Replica.Tree.AclCount;
        for (int i = 0; i < 100; i++)
        {
            Session.Ask(SetAcl("/a", [World(Permissions.All), Digest(Permissions.Read, $"u{i}:p")]));
            Session.Ask(Create("/b", acl: [World(Permissions.All), Digest(Permissions.Read, $"v{i}:p")]));
            Session.Ask(Delete("/b"));
        }

        Engine.Replica.Tree.AclCount.ShouldBe(before + 1);
        Engine.Checkpoint();
        Engine.Restart();
        Engine.Replica.Tree.AclCount.ShouldBe(before + 1);
    }

    [Fact]
    public void A_checkpoint_has_the_lists_of_its_moment_though_no_node_has_them_any_more()
    {
        Acl[] list = [Digest(Permissions.All, "u:p"), World(Permissions.All)];
        Session.Ask(Multi(Create("/a", acl: list), Create("/b", acl: list)));
        bool changed = false;
        Engine.Checkpoints.BetweenChunks = () =>
        {
            if (!changed)
            {
                changed = true;
                Session.Ask(Multi(Delete("/a")));
                Session.Ask(SetAcl("/b", Acl.OpenUnsafe));
            }
        };

        Engine.Checkpoint();

        Engine.Checkpoints.Nodes["/a"].Acl.ShouldBe(list);
        Engine.Checkpoints.Nodes["/b"].Acl.ShouldBe(list);
    }
}
