using System.Globalization;
using System.Text.Json;
using OrleansZk.Core.Replication;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>The newest checkpoint: its zxid in hexadecimal, and its time in seconds since the Unix epoch; both -1 when there is none.</summary>
internal sealed class LastSnapshotCommand() : Command("last_snapshot", "lsnp")
{
    public override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        CheckpointHeader? checkpoint = question.Facts.Checkpoint;
        json.WriteString("zxid", (checkpoint?.Zxid ?? -1).ToString("x", CultureInfo.InvariantCulture));
        json.WriteNumber("timestamp", checkpoint is { } header ? header.Time / 1000 : -1);
        return null;
    }
}
