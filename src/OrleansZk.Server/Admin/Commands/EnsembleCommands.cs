using System.Text.Json;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Who leads; a standalone server answers with ZooKeeper's error.</summary>
internal sealed class LeaderCommand() : Command("leader", "lead")
{
    public override string? WriteJson(Utf8JsonWriter json, Question question) => "server is not initialized";
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

/// <summary>The voting members; a standalone server has none.</summary>
internal sealed class VotingViewCommand() : Command("voting_view")
{
    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        json.WriteStartObject("current_config");
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
