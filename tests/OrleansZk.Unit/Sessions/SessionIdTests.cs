using OrleansZk.Core.Tree;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Sessions;

/// <summary>Ids are unique in the ensemble, and none is taken for a container or a time to live.</summary>
public sealed class SessionIdTests
{
    [Fact]
    public void No_two_servers_give_the_same_id_and_none_gives_a_reserved_one()
    {
        var seen = new HashSet<long>();
        for (int server = 0; server <= 255; server++)
        {
            using var engine = new EngineHarness(new EngineSettings { ServerId = server });
            for (int i = 0; i < 50; i++)
            {
                long id = engine.Connect().Id;
                seen.Add(id).ShouldBeTrue($"server {server} gave {id:x}, which was given before");
                NodeOwner.IsSession(id).ShouldBeTrue($"server {server} gave {id:x}, which means something else");
            }
        }
    }

    [Fact]
    public void An_ephemeral_of_server_255_is_one()
    {
        using var engine = new EngineHarness(new EngineSettings { ServerId = 255 });
        TestSession session = engine.Connect();
        session.Ask(Create("/e", mode: CreateMode.Ephemeral));

        engine.Replica.Tree.Find("/e")!.Stat.EphemeralOwner.ShouldBe(session.Id);
        session.Ask(CloseSession());
        engine.Replica.Tree.Find("/e").ShouldBeNull();
    }
}
