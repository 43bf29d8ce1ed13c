using System.Globalization;
using System.Text;

using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>Turns replies and events into lines of text that can be compared.</summary>
public static class Decoder
{
    public static string Reply(int type, Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var head = string.Create(
            CultureInfo.InvariantCulture, $"reply xid={frame.Xid} zxid={Transcript.HeaderZxid(frame.Zxid)} err={frame.Error}");
        if (frame.Body.Length == 0)
        {
            return head;
        }

        if (frame.Error != 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{head} WITH A BODY OF {frame.Body.Length} BYTES");
        }

        var reader = frame.Read();
        try
        {
            var body = Body(type, reader);
            return reader.Left == 0 ? $"{head} {body}" : string.Create(CultureInfo.InvariantCulture, $"{head} {body} AND {reader.Left} BYTES MORE");
        }
        catch (InvalidDataException e)
        {
            return $"{head} UNREADABLE {Convert.ToHexStringLower(frame.Body)}: {e.Message}";
        }
    }

    /// <summary>The zxid in an event's header is left out: ZooKeeper fills it in since 3.9, before that it is -1.</summary>
    public static string Event(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var reader = frame.Read();
        var line = string.Create(CultureInfo.InvariantCulture, $"event type={reader.Int()} state={reader.Int()} path={reader.Text()} err={frame.Error}");
        return reader.Left == 0 ? line : line + " AND MORE";
    }

    public static string Stat(StatRecord stat)
    {
        ArgumentNullException.ThrowIfNull(stat);
        var times = stat.Czxid == stat.Mzxid
            ? stat.Mtime == stat.Ctime ? "same" : "DIFFERENT"
            : stat.Mtime >= stat.Ctime ? "later" : "EARLIER";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"stat(czxid={Transcript.Zxid(stat.Czxid)} mzxid={Transcript.Zxid(stat.Mzxid)} pzxid={Transcript.Zxid(stat.Pzxid)} mtime={times} "
            + $"version={stat.Version} cversion={stat.Cversion} aversion={stat.Aversion} owner={Transcript.Session(stat.Owner)} "
            + $"length={stat.DataLength} children={stat.Children})");
    }

    private static string Body(int type, FieldReader reader) => type switch
    {
        Op.Create or Op.Sync => "path=" + reader.Text(),
        Op.Create2 or Op.CreateContainer or Op.CreateTtl => $"path={reader.Text()} {Stat(StatRecord.Read(reader))}",
        Op.Exists or Op.SetData or Op.SetAcl => Stat(StatRecord.Read(reader)),
        Op.GetData or Op.Reconfig => $"data={Data(reader.Buffer())} {Stat(StatRecord.Read(reader))}",
        Op.GetAcl => $"acl={Acl(reader)} {Stat(StatRecord.Read(reader))}",
        Op.GetChildren or Op.GetEphemerals => "names=" + Names(reader),
        Op.GetChildren2 => $"names={Names(reader)} {Stat(StatRecord.Read(reader))}",
        Op.GetAllChildrenNumber or Op.AddWatch => "int=" + Number(reader.Int()),
        Op.WhoAmI => "who=" + Identities(reader),
        Op.Multi or Op.MultiRead => Results(reader),
        _ => "bytes=" + Convert.ToHexStringLower(reader.Rest()),
    };

    private static string Results(FieldReader reader)
    {
        var lines = new List<string>();
        while (true)
        {
            var (type, done, error) = (reader.Int(), reader.Bool(), reader.Int());
            if (done)
            {
                return $"results=[{string.Join("; ", lines)}]" + (type == -1 && error == -1 ? "" : $" ENDED BY {Number(type)}/{Number(error)}");
            }

            var body = type switch
            {
                Op.Error => "code=" + Number(reader.Int()),
                Op.Delete or Op.Check => "",
                _ => Body(type, reader),
            };
            lines.Add($"{Number(type)}/{Number(error)} {body}".TrimEnd());
        }
    }

    private static string Data(byte[]? data)
    {
        if (data is null)
        {
            return "null";
        }

        var text = Encoding.UTF8.GetString(data);
        return text.Length <= 80 ? $"'{text}'" : string.Create(CultureInfo.InvariantCulture, $"{data.Length} bytes");
    }

    private static string Acl(FieldReader reader) =>
        reader.Vector(r => $"{Number(r.Int())}:{r.Text()}:{r.Text()}") is { } entries ? $"[{string.Join(", ", entries)}]" : "null";

    /// <summary>In the order of the alphabet: the protocol promises none.</summary>
    private static string Names(FieldReader reader) =>
        reader.Vector(r => r.Text()) is { } names ? $"[{string.Join(", ", names.Order(StringComparer.Ordinal))}]" : "null";

    private static string Identities(FieldReader reader) =>
        reader.Vector(r => $"{r.Text()}:{r.Text()}") is { } ids ? $"[{string.Join(", ", ids.Order(StringComparer.Ordinal))}]" : "null";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
