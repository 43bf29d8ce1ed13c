using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Differential;

/// <summary>Handshakes and the ends of sessions.</summary>
public static class SessionScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("handshake timeouts", TimeoutsAsync),
        new("handshake forms", FormsAsync),
        new("handshake resume", ResumeAsync),
        new("handshake refusals", RefusalsAsync),
        new("close session", CloseAsync),
        new("session moved", MovedAsync),
        new("session expired", ExpiredAsync),
    ];

    private static byte[] New(int timeoutMs = 30_000) => WireConnection.ConnectRequest(timeoutMs, 0, new byte[16]);

    private static async Task TimeoutsAsync(Stage s)
    {
        foreach (var timeout in new[] { 0, 1, 999, 1_000, 1_001, 30_000, 119_999, 120_000, 120_001, int.MaxValue, -1, int.MinValue })
        {
            await s.ShakeHandsAsync($"timeout {timeout}", "x", New(timeout));
            await s.LeaveAsync("x");
        }
    }

    private static async Task FormsAsync(Stage s)
    {
        foreach (var (label, request) in new (string, byte[])[]
        {
            ("with the read-only flag", New()),
            ("read-only", WireConnection.ConnectRequest(30_000, 0, new byte[16], readOnly: true)),
            ("without the flag", WireConnection.ConnectRequest(30_000, 0, new byte[16], readOnly: null)),
            ("no password", WireConnection.ConnectRequest(30_000, 0, null)),
            ("an empty password", WireConnection.ConnectRequest(30_000, 0, [])),
            ("a long password", WireConnection.ConnectRequest(30_000, 0, new byte[100])),
            ("a password that is not zeros", WireConnection.ConnectRequest(30_000, 0, [1, 2, 3])),
            ("another protocol", WireConnection.ConnectRequest(30_000, 0, new byte[16], protocol: 7)),
            ("a negative protocol", WireConnection.ConnectRequest(30_000, 0, new byte[16], protocol: -1)),
            ("bytes after the flag", new Body().Raw(New()).Raw([1, 2, 3, 4])),
            ("cut off", New()[..20]),
            ("cut off in the password", New()[..40]),
            ("nothing", Body.Empty),
        })
        {
            await s.ShakeHandsAsync(label, "x", request);
            await s.LeaveAsync("x");
        }
    }

    private static async Task ResumeAsync(Stage s)
    {
        await s.EnterAsync("y", 30_000);
        var session = s.Connection("y").Session;
        await s.DoAsync("ephemeral", "y", Op.Create, Requests.Create(s.At("e"), "", 1));
        await s.DoAsync("watch", "y", Op.GetData, Requests.Read(s.At("e"), true));
        await s.LeaveAsync("y");
        await s.DoAsync("it is still there", Op.Exists, Requests.Read(s.At("e")));
        await s.ShakeHandsAsync("resumed", "z", WireConnection.ConnectRequest(30_000, session.SessionId, session.Password));
        await s.DoAsync("its ephemerals", "z", Op.GetEphemerals, Requests.Path("/"));
        await s.DoAsync("watches stayed behind", "a", Op.SetData, Requests.SetData(s.At("e"), "x"));
        await s.ShakeHandsAsync("resumed, another timeout", "z", WireConnection.ConnectRequest(5_000, session.SessionId, session.Password));
        await s.ShakeHandsAsync("resumed, without the flag", "z", WireConnection.ConnectRequest(30_000, session.SessionId, session.Password, readOnly: null));
        await s.DoAsync("identity does not carry over", "z", Op.WhoAmI, Body.Empty);
        await s.DoAsync("close", "z", Op.CloseSession, Body.Empty);
        await s.DoAsync("it is gone", Op.Exists, Requests.Read(s.At("e")));
        await s.ShakeHandsAsync("resumed after the close", "z", WireConnection.ConnectRequest(30_000, session.SessionId, session.Password));
    }

    private static async Task RefusalsAsync(Stage s)
    {
        await s.EnterAsync("y", 30_000);
        var session = s.Connection("y").Session;
        var wrong = session.Password!.ToArray();
        wrong[0] ^= 0xff;
        await s.ShakeHandsAsync("unknown session", "x", WireConnection.ConnectRequest(30_000, 0x1234567, new byte[16]));
        await s.ShakeHandsAsync("unknown session, without the flag", "x", WireConnection.ConnectRequest(30_000, 0x1234567, new byte[16], readOnly: null));
        await s.ShakeHandsAsync("a negative session", "x", WireConnection.ConnectRequest(30_000, -1, new byte[16]));
        await s.LeaveAsync("y");
        await s.ShakeHandsAsync("wrong password", "x", WireConnection.ConnectRequest(30_000, session.SessionId, wrong));
        await s.ShakeHandsAsync("short password", "x", WireConnection.ConnectRequest(30_000, session.SessionId, session.Password![..15]));
        await s.ShakeHandsAsync("null password", "x", WireConnection.ConnectRequest(30_000, session.SessionId, null));
        await s.ShakeHandsAsync("right password at last", "x", WireConnection.ConnectRequest(30_000, session.SessionId, session.Password));
        await s.LeaveAsync("x");
        await s.ShakeHandsAsync("a zxid from the future", "x", WireConnection.ConnectRequest(30_000, 0, new byte[16], lastZxid: long.MaxValue));
        await s.ShakeHandsAsync("a negative zxid", "x", WireConnection.ConnectRequest(30_000, 0, new byte[16], lastZxid: -5));
    }

    private static async Task CloseAsync(Stage s)
    {
        await s.EnterAsync("y");
        await s.DoAsync("dir", Op.Create, Requests.Create(s.At("d")));
        foreach (var name in new[] { "d/1", "d/2", "e" })
        {
            await s.DoAsync($"create {name}", "y", Op.Create, Requests.Create(s.At(name), "", 1));
        }

        await s.DoAsync("persistent", "y", Op.Create, Requests.Create(s.At("p")));
        await s.DoAsync("watch", Op.GetChildren, Requests.Read(s.Root, true));
        await s.DoAsync("watch e", Op.GetData, Requests.Read(s.At("e"), true));
        await s.DoAsync("close", "y", Op.CloseSession, Body.Empty);
        await s.DoAsync("what is left", Op.GetChildren2, Requests.Read(s.Root));
        await s.DoAsync("and below d", Op.GetChildren2, Requests.Read(s.At("d")));
        await s.DoAloneAsync("close with a body", Op.CloseSession, new Body().Long(1));
        await s.DoAloneAsync("close with xid 0", Op.CloseSession, Body.Empty, 0);
    }

    private static async Task MovedAsync(Stage s)
    {
        await s.EnterAsync("y", 30_000);
        var session = s.Connection("y").Session;
        await s.DoAsync("ephemeral", "y", Op.Create, Requests.Create(s.At("e"), "", 1));
        await s.DoAsync("watch", "y", Op.Exists, Requests.Read(s.At("n"), true));
        // The old connection is closed by the new one's handshake.
        await s.ShakeHandsAsync("taken over while connected", "z", WireConnection.ConnectRequest(30_000, session.SessionId, session.Password));
        await s.DoAsync("the new connection works", "z", Op.SetData, Requests.SetData(s.At("e"), "x"));
        await s.DoAsync("the old one's watch is gone", Op.Create, Requests.Create(s.At("n")));
        await s.DoAsync("the old connection", "y", Op.Exists, Requests.Read(s.At("e")));
        await s.DoAsync("the ephemeral's owner", Op.Exists, Requests.Read(s.At("e")));
    }

    private static async Task ExpiredAsync(Stage s)
    {
        await s.EnterAsync("y", 3_000);
        var session = s.Connection("y").Session;
        await s.DoAsync("ephemeral", "y", Op.Create, Requests.Create(s.At("e"), "", 1));
        await s.DoAsync("watch", Op.Exists, Requests.Read(s.At("e"), true));
        await s.LeaveAsync("y");
        // Nothing was asked on "a": only the event can come.
        s.Note("the event of the expiry", await s.Connection("a").ReadAsync() is { } frame ? Decoder.Event(frame) : "closed");
        await s.DoAsync("gone", Op.Exists, Requests.Read(s.At("e")));
        await s.DoAsync("the root", Op.Exists, Requests.Read(s.Root));
        await s.ShakeHandsAsync("too late", "y", WireConnection.ConnectRequest(30_000, session.SessionId, session.Password));
    }
}
