using System.Text;
using OrleansZk.Crash.Histories;

namespace OrleansZk.Crash.Crashes;

/// <summary>Sends writes and reads on one connection, and records what was asked and answered.</summary>
internal sealed class RecordingClient(int connection, WireClient client, History history)
{
    public WireClient Client => client;

    public bool IsConnected => client.IsConnected;

    /// <summary>Sends a single write, or a multi when there are several parts. Calls must not overlap; answers are awaited elsewhere.</summary>
    /// <param name="failing">A part behind the others that makes a multi fail.</param>
    public Task<Write> SendAsync(Func<string, IReadOnlyList<Part>> parts, WireMultiPart? failing = null)
    {
        Write write = history.Begin(connection, client.Session.Id, parts, mustFail: failing is not null);
        Task<WireReply> reply = write.Parts.Count == 1 && failing is null ? SendSingle(write.Parts[0]) : SendMulti(write.Parts, failing);
        return RecordAsync(write, reply);
    }

    /// <summary>Reads a node's data, and records what was seen.</summary>
    public async Task ReadAsync(string path)
    {
        int versionBefore = history.VersionOf(path);
        try
        {
            WireReply reply = await client.GetDataAsync(path);
            (byte[]? data, Stat stat) = reply.ReadDataAndStat();
            history.Saw(new Read(path, versionBefore, Encoding.UTF8.GetString(data ?? []), stat), reply.Zxid);
        }
        catch (WireConnectionLostException)
        {
            // Nothing was seen.
        }
    }

    private static CreateMode ModeOf(Part part) => (part.IsEphemeral, part.IsSequential) switch
    {
        (false, false) => CreateMode.Persistent,
        (true, false) => CreateMode.Ephemeral,
        (false, true) => CreateMode.PersistentSequential,
        _ => CreateMode.EphemeralSequential,
    };

    private Task<WireReply> SendSingle(Part part) => part.Kind switch
    {
        PartKind.Create => client.CreateAsync(part.Path, part.Value, ModeOf(part)),
        PartKind.SetData => client.SetDataAsync(part.Path, part.Value),
        _ => client.DeleteAsync(part.Path),
    };

    private Task<WireReply> SendMulti(IReadOnlyList<Part> parts, WireMultiPart? failing)
    {
        IEnumerable<WireMultiPart> wireParts = parts.Select(part => part.Kind switch
        {
            PartKind.Create => WireMultiPart.Create(part.Path, part.Value, ModeOf(part)),
            PartKind.SetData => WireMultiPart.SetData(part.Path, part.Value),
            _ => WireMultiPart.Delete(part.Path),
        });
        return client.MultiAsync([.. failing is null ? wireParts : wireParts.Append(failing)]);
    }

    private async Task<Write> RecordAsync(Write write, Task<WireReply> sent)
    {
        WireReply reply;
        try
        {
            reply = await sent;
        }
        catch (WireConnectionLostException)
        {
            return write;
        }

        if (!reply.IsOk)
        {
            history.Refused(write, reply.Error, reply.Zxid);
            return write;
        }

        if (write.Parts.Count == 1 && !write.MustFail)
        {
            history.Done(write, [ResultOf(write.Parts[0], reply)], reply.Zxid);
            return write;
        }

        IReadOnlyList<WireMultiResult> results = WireMultiResult.Read(reply);
        if (results.FirstOrDefault(result => result.Error is not (ErrorCode.Ok or ErrorCode.RuntimeInconsistency)) is { } refusal)
        {
            history.Refused(write, refusal.Error, reply.Zxid);
        }
        else
        {
            history.Done(write, [.. write.Parts.Zip(results, (part, result) => new PartResult(result.Path ?? part.Path, result.Stat))], reply.Zxid);
        }

        return write;
    }

    private static PartResult ResultOf(Part part, WireReply reply)
    {
        switch (part.Kind)
        {
            case PartKind.Create:
                (string path, Stat stat) = reply.ReadPathAndStat();
                return new PartResult(path, stat);
            case PartKind.SetData:
                return new PartResult(part.Path, reply.ReadStat());
            default:
                return new PartResult(part.Path, null);
        }
    }
}
