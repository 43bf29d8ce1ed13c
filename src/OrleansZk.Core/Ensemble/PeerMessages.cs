using OrleansZk.Core.Replication;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Ensemble;

/// <summary>What a message between servers is; its first byte. The numbers never change their meaning.</summary>
internal enum PeerMessage : byte
{
    /// <summary>Follower: who it is, and how far it has come.</summary>
    Hello = 1,

    /// <summary>Leader: the follower may follow.</summary>
    Welcome = 2,

    /// <summary>Leader: it may not, and why.</summary>
    Refused = 3,

    /// <summary>Follower: writes of its clients, in order.</summary>
    Submit = 4,

    /// <summary>Follower: sessions whose clients were heard of.</summary>
    Activity = 5,

    /// <summary>Leader: a committed group.</summary>
    Group = 6,

    /// <summary>Leader: it is alive.</summary>
    Ping = 7,

    /// <summary>Follower: so is it.</summary>
    Pong = 8,

    /// <summary>Leader: it has given the leadership up.</summary>
    Farewell = 9,
}

/// <summary>Why a server that asked to follow may not.</summary>
internal enum RefusalReason
{
    /// <summary>The server that was asked does not lead: look again who does.</summary>
    NotLeading = 1,

    /// <summary>The follower's state is none that can be followed on from: take it from the store again.</summary>
    Reload = 2,
}

/// <param name="LastZxid">The newest transaction that the follower has applied.</param>
/// <param name="Digest">Its tree's digest there.</param>
internal readonly record struct Hello(int ServerId, long Incarnation, long LastZxid, ulong Digest)
{
    public static Hello Read(ref JuteReader reader) =>
        new(reader.ReadInt(), reader.ReadLong(), reader.ReadLong(), (ulong)reader.ReadLong());

    public void Write(JuteWriter writer)
    {
        writer.WriteByte((byte)PeerMessage.Hello);
        writer.WriteInt(ServerId);
        writer.WriteLong(Incarnation);
        writer.WriteLong(LastZxid);
        writer.WriteLong((long)Digest);
    }
}

/// <param name="BeginsAfter">The newest transaction before this leader's first: who has it knows the fate of all that was submitted to leaders before.</param>
/// <param name="ReceivedUpTo">The number of the newest request that this leader has received of the follower; 0 for none.</param>
/// <param name="IsFromMemory">True when the leader still has everything that follows, refusals included; false when some of it comes from the log.</param>
internal readonly record struct Welcome(long Epoch, long BeginsAfter, long ReceivedUpTo, bool IsFromMemory)
{
    public static Welcome Read(ref JuteReader reader) => new(reader.ReadLong(), reader.ReadLong(), reader.ReadLong(), reader.ReadBool());

    public void Write(JuteWriter writer)
    {
        writer.WriteByte((byte)PeerMessage.Welcome);
        writer.WriteLong(Epoch);
        writer.WriteLong(BeginsAfter);
        writer.WriteLong(ReceivedUpTo);
        writer.WriteBool(IsFromMemory);
    }
}

/// <summary>The messages that are no more than a few fields.</summary>
internal static class PeerMessages
{
    public static void WriteRefused(JuteWriter writer, RefusalReason reason, string text)
    {
        writer.WriteByte((byte)PeerMessage.Refused);
        writer.WriteInt((int)reason);
        writer.WriteString(text);
    }

    /// <summary>Writes requests from <paramref name="first"/> on: at least one, and no more once there are so many bytes.</summary>
    /// <returns>The first that is left.</returns>
    public static int WriteSubmit(JuteWriter writer, IReadOnlyList<WriteRequest> requests, int first, long settledUpTo, int mostBytes)
    {
        writer.WriteByte((byte)PeerMessage.Submit);
        writer.WriteLong(settledUpTo);
        int countAt = writer.Length;
        writer.WriteInt(0);
        int next = first;
        while (next < requests.Count && (next == first || writer.Length < mostBytes))
        {
            RequestCodec.Write(requests[next++], writer);
        }

        writer.SetInt(countAt, next - first);
        return next;
    }

    public static void WriteActivity(JuteWriter writer, IReadOnlyList<SessionActivity> activity)
    {
        writer.WriteByte((byte)PeerMessage.Activity);
        writer.WriteInt(activity.Count);
        foreach (SessionActivity session in activity)
        {
            writer.WriteLong(session.SessionId);
            writer.WriteLong(session.SilentFor);
        }
    }

    public static List<SessionActivity> ReadActivity(ref JuteReader reader)
    {
        int count = reader.ReadCount(2 * sizeof(long));
        var activity = new List<SessionActivity>(count);
        for (int i = 0; i < count; i++)
        {
            activity.Add(new SessionActivity(reader.ReadLong(), reader.ReadLong()));
        }

        return activity;
    }

    /// <summary>A message of one number.</summary>
    public static void Write(JuteWriter writer, PeerMessage message, long zxid)
    {
        writer.WriteByte((byte)message);
        writer.WriteLong(zxid);
    }
}
