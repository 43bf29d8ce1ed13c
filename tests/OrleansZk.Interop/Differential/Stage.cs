using System.Globalization;

using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>
/// Where a scenario is played: named connections to one server, and the transcript of all that comes back. After each step every
/// connection is asked something whose answer tells that nothing more is on its way, so that no step depends on timing.
/// </summary>
public sealed class Stage(int port, string root) : IAsyncDisposable
{
    private const int BarrierXid = int.MaxValue;

    /// <summary>How long a server has for hanging up where it should. Only one that does not is waited for so long.</summary>
    private static readonly TimeSpan HangUpLimit = TimeSpan.FromSeconds(5);

    private readonly SortedDictionary<string, WireConnection> _actors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _nextXid = new(StringComparer.Ordinal);

    public Transcript Transcript { get; } = new();

    /// <summary>The path below which the scenario works: the same on every server.</summary>
    public string Root { get; } = root;

    public int Port { get; } = port;

    public string At(string name) => $"{Root}/{name}";

    public WireConnection Connection(string actor) => _actors[actor];

    /// <summary>Opens a session under a name.</summary>
    public async Task EnterAsync(string actor, int timeoutMs = WireConnection.DefaultTimeoutMs)
    {
        _actors[actor] = await WireConnection.ConnectAsync(Port, timeoutMs);
        _nextXid[actor] = 1;
    }

    /// <summary>Gives a connection an identity of the scheme digest. Not noted: scenarios about that send the packet themselves.</summary>
    public Task IdentifyAsync(string actor, string credentials) =>
        _actors[actor].CallAsync(Xid.Auth, Op.Auth, Requests.Auth("digest", credentials));

    /// <summary>Opens a connection with whatever handshake, and notes what it answers. Leaves it under the name if it lives.</summary>
    public async Task ShakeHandsAsync(string label, string actor, byte[] request)
    {
        var connection = await WireConnection.OpenAsync(Port);
        var answer = await connection.ShakeHandsAsync(request);
        var lines = new List<string>();
        if (answer is null)
        {
            lines.Add("closed");
            await connection.DisposeAsync();
        }
        else
        {
            var password = answer.Password is null ? "null" : answer.Password.All(b => b == 0) ? "zeros" : "set";
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"session={Transcript.Session(answer.SessionId)} timeout={answer.TimeoutMs} protocol={answer.ProtocolVersion} "
                + $"password={password}/{answer.Password?.Length ?? -1} readOnly={answer.ReadOnly?.ToString() ?? "absent"} length={answer.Length}"));
            _actors[actor] = connection;
            _nextXid[actor] = 1;
            await DrainAsync(actor, Op.Ping, lines);
        }

        await DrainOthersAsync(actor, lines);
        Transcript.Add(label, lines);
    }

    /// <summary>Sends one request and notes what comes back, to whomever.</summary>
    public async Task DoAsync(string label, string actor, int type, byte[] body, int? xid = null)
    {
        var lines = new List<string>();
        if (!_actors.TryGetValue(actor, out var connection))
        {
            Transcript.Add(label, [$"{actor} is not connected"]);
            return;
        }

        await connection.SendAsync(xid ?? _nextXid[actor]++, type, body);
        await DrainAsync(actor, type, lines);
        await DrainOthersAsync(actor, lines);
        if (type == Op.CloseSession)
        {
            // The ephemerals of a session go in no order that was promised to anybody.
            lines.Sort(StringComparer.Ordinal);
        }

        Transcript.Add(label, lines);
    }

    /// <summary>The usual case: one actor, the label made of the request's name.</summary>
    public Task DoAsync(string label, int type, byte[] body) => DoAsync(label, "a", type, body);

    /// <summary>Sends one request on a connection of its own, for requests that may cost it.</summary>
    public async Task DoAloneAsync(string label, int type, byte[] body, int? xid = null)
    {
        await EnterAsync("alone");
        await DoAsync(label, "alone", type, body, xid);
        await LeaveAsync("alone");
    }

    /// <summary>Sends raw bytes on a connection of its own.</summary>
    public async Task SendRawAloneAsync(string label, byte[] bytes)
    {
        await EnterAsync("alone");
        var lines = new List<string>();
        await Connection("alone").SendRawAsync(bytes);
        await DrainAsync("alone", Op.Ping, lines);
        Transcript.Add(label, lines);
        await LeaveAsync("alone");
    }

    /// <summary>Sends several requests in one go and notes what comes back.</summary>
    public async Task PipelineAsync(string label, string actor, params (int Type, byte[] Body)[] requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var lines = new List<string>();
        var connection = _actors[actor];
        var types = new Dictionary<int, int>();
        var frames = new Body();
        foreach (var (type, body) in requests)
        {
            var xid = _nextXid[actor]++;
            types[xid] = type;
            var frame = new Body().Int(xid).Int(type).Raw(body).Bytes;
            frames.Int(frame.Length).Raw(frame);
        }

        await connection.SendRawAsync(frames);
        await DrainAsync(actor, frame => types.GetValueOrDefault(frame.Xid), lines);
        await DrainOthersAsync(actor, lines);
        Transcript.Add(label, lines);
    }

    /// <summary>Drops a connection without closing its session.</summary>
    public async Task LeaveAsync(string actor)
    {
        if (_actors.Remove(actor, out var connection))
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>Leaves a remark in the transcript, for what is compared without having been on the wire.</summary>
    public void Note(string label, string line) => Transcript.Add(label, [line]);

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _actors.Values)
        {
            await connection.DisposeAsync();
        }

        _actors.Clear();
    }

    private Task DrainAsync(string actor, int type, List<string> lines) => DrainAsync(actor, _ => type, lines);

    /// <summary>
    /// Reads what the acting connection gets, up to the answer of a ping sent last; or up to its end, when an answer came after which a server
    /// hangs up.
    /// </summary>
    private async Task DrainAsync(string actor, Func<Frame, int> typeOf, List<string> lines)
    {
        var connection = _actors[actor];
        await connection.SendAsync(Xid.Ping, Op.Ping, Body.Empty);
        var last = false;
        while (true)
        {
            Frame? frame;
            try
            {
                frame = await connection.ReadAsync(last ? HangUpLimit : null);
            }
            catch (TimeoutException) when (last)
            {
                lines.Add("kept open");
                return;
            }

            if (frame is null)
            {
                lines.Add("closed");
                await LeaveAsync(actor);
                return;
            }

            if (frame.Xid != Xid.Ping)
            {
                lines.Add(frame.IsEvent ? Decoder.Event(frame) : Decoder.Reply(typeOf(frame), frame));
                last |= frame.Error is Err.Unimplemented or Err.AuthFailed || (typeOf(frame) == Op.CloseSession && !frame.IsEvent);
            }
            else if (!last)
            {
                return;
            }
        }
    }

    /// <summary>Reads what the other connections get, up to the answer of a sync, which no server answers before it is up to date.</summary>
    private async Task DrainOthersAsync(string actor, List<string> lines)
    {
        foreach (var (name, connection) in _actors.Where(pair => pair.Key != actor).ToList())
        {
            await connection.SendAsync(BarrierXid, Op.Sync, Requests.Path("/"));
            while (true)
            {
                var frame = await connection.ReadAsync();
                if (frame is null)
                {
                    lines.Add($"{name}: closed");
                    await LeaveAsync(name);
                    break;
                }

                if (frame.Xid == BarrierXid)
                {
                    break;
                }

                lines.Add($"{name}: " + (frame.IsEvent ? Decoder.Event(frame) : Decoder.Reply(Op.Ping, frame)));
            }
        }
    }
}
