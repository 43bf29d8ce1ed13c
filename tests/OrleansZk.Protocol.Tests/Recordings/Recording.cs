using System.Buffers.Binary;

namespace OrleansZk.Protocol.Tests.Recordings;

/// <summary>What one client and a server have said to each other, as <c>Capture/capture.py</c> has written it down.</summary>
public sealed class Recording
{
    private Recording(string client, string title, IReadOnlyList<RecordedConnection> connections)
    {
        Client = client;
        Title = title;
        Connections = connections;
    }

    /// <summary>Names of the recordings.</summary>
    public static IReadOnlyList<string> Clients { get; } =
        [.. Directory.GetFiles(Folder, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    public string Client { get; }

    /// <summary>Which client and which server.</summary>
    public string Title { get; }

    public IReadOnlyList<RecordedConnection> Connections { get; }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden");

    public static Recording Load(string client)
    {
        string title = "";
        var connections = new List<RecordedConnection>();
        foreach (string line in File.ReadLines(Path.Combine(Folder, client + ".txt")))
        {
            switch (line[0])
            {
                case '#':
                    title = line[1..].Trim();
                    break;
                case 'c':
                    connections.Add(new RecordedConnection());
                    break;
                default:
                    connections[^1].Add(new RecordedFrame(line[0] == '>', Convert.FromHexString(line.AsSpan(2))));
                    break;
            }
        }

        return new Recording(client, title, connections);
    }
}

/// <summary>One TCP connection: the handshake, and then requests with their replies.</summary>
public sealed class RecordedConnection
{
    private readonly List<RecordedFrame> _frames = [];

    public RecordedFrame ConnectRequest => _frames.First(frame => frame.IsFromClient);

    public RecordedFrame ConnectResponse => _frames.First(frame => !frame.IsFromClient);

    /// <summary>The client's frames but the first.</summary>
    public IEnumerable<RecordedFrame> Requests => _frames.Where(frame => frame.IsFromClient).Skip(1);

    /// <summary>The server's frames but the first: replies and events.</summary>
    public IEnumerable<RecordedFrame> Answers => _frames.Where(frame => !frame.IsFromClient).Skip(1);

    /// <summary>The replies with the types of the requests that they answer. Those of one xid come in the order of their requests.</summary>
    public IEnumerable<(OpCode Type, RecordedFrame Reply)> Replies()
    {
        var asked = new Dictionary<int, Queue<OpCode>>();
        foreach (RecordedFrame frame in _frames.Skip(2))
        {
            if (frame.IsFromClient)
            {
                var header = new RequestHeader(frame.Xid, (OpCode)BinaryPrimitives.ReadInt32BigEndian(frame.Body.AsSpan(4)));
                if (!asked.TryGetValue(header.Xid, out Queue<OpCode>? types))
                {
                    asked.Add(header.Xid, types = new Queue<OpCode>());
                }

                types.Enqueue(header.Type);
            }
            else if (frame.Xid != ReservedXid.Notification)
            {
                yield return (asked[frame.Xid].Dequeue(), frame);
            }
        }
    }

    internal void Add(RecordedFrame frame) => _frames.Add(frame);
}

/// <param name="Bytes">With the length in front.</param>
public sealed record RecordedFrame(bool IsFromClient, byte[] Bytes)
{
    /// <summary>Without the length.</summary>
    public byte[] Body => Bytes[Frame.HeaderLength..];

    /// <summary>Not of the handshake's frames, which have none.</summary>
    public int Xid => BinaryPrimitives.ReadInt32BigEndian(Bytes.AsSpan(Frame.HeaderLength));
}
