using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Replication;

/// <summary>Memory that fails is found before it is believed.</summary>
public sealed class ScrubTests : EngineTest
{
    [Fact]
    public void A_flipped_byte_is_found_wherever_it_is()
    {
        for (int i = 0; i < 3000; i++)
        {
            Session.Ask(Create($"/n{i}", "data"));
        }

        Pass().ShouldBeNull();
        Node("/n1234").Data![2] ^= 0x10;
        Pass().ShouldBe("/n1234");
        Node("/n1234").Data![2] ^= 0x10;
        Pass().ShouldBeNull();
    }

    [Fact]
    public void Changes_are_no_damage()
    {
        Session.Ask(Create("/a", "1"));
        Session.Ask(SetData("/a", "2"));
        Session.Ask(SetAcl("/a", [new Acl(Permissions.Read, AclId.Anyone)]));
        Session.Ask(Create("/b"));
        Session.Ask(Delete("/b"));
        Pass().ShouldBeNull();
    }

    private string? Pass()
    {
        int position = 0;
        do
        {
            if (Engine.Replica.Scrub(ref position, 100) is { } path)
            {
                return path;
            }
        }
        while (position != 0);

        return null;
    }
}
