using System.Globalization;
using System.Text.Json;
using OrleansZk.Core.Ensemble;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Who leads; a standalone server answers with ZooKeeper's error.</summary>
internal sealed class LeaderCommand() : Command("leader", "lead")
{
    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        if (question.Facts.Member is not { } member)
        {
            return "server is not initialized";
        }

        json.WriteBoolean("is_leading", member.Role == MemberRole.Leading);
        if (member.View is { Leader: { } leader } view && Election.LeaderOf(view) is { } found)
        {
            json.WriteNumber("leader_id", leader.Id);
            json.WriteString("leader_ip", found.Info.PeerAddress[..found.Info.PeerAddress.LastIndexOf(':')]);
        }

        return null;
    }
}

/// <summary>The observers that follow; a standalone server has none.</summary>
internal sealed class ObserversCommand() : Command("observers", "obsr")
{
    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteNumber("synced_observers", 0);
        json.WriteStartArray("observers");
        json.WriteEndArray();
        return null;
    }
}

/// <summary>The members; a standalone server has none.</summary>
internal sealed class VotingViewCommand() : Command("voting_view")
{
    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteStartObject("current_config");
        foreach (MemberView member in question.Facts.Member?.View?.Members ?? [])
        {
            json.WriteStartObject(member.Info.Id.ToString(CultureInfo.InvariantCulture));
            json.WriteString("client_address", member.Info.ClientAddress);
            json.WriteString("server_address", member.Info.PeerAddress);
            json.WriteString("learner_type", "PARTICIPANT");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        return null;
    }
}

/// <summary>The phase of ZooKeeper's own protocol between servers; a standalone server is in none.</summary>
internal sealed class ZabStateCommand() : Command("zabstate")
{
    public override bool NeedsServing => false;

    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteBoolean("voting", false);
        json.WriteString("zabstate", "");
        return null;
    }
}
