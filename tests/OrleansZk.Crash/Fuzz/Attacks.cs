using System.Buffers.Binary;
using System.Text;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Fuzz;

/// <summary>What ill-behaved clients do; each attack is one connection or a few, decided by its seed alone.</summary>
/// <param name="victim">A session that an attacker knows the id of, but not the password.</param>
internal sealed class Attacks(int port, long victim)
{
    private static readonly string[] Words =
        ["ruok", "stat", "srvr", "mntr", "cons", "conf", "dump", "envi", "wchs", "wchc", "wchp", "isro", "dirs", "hash", "crst", "srst", "gtmk", "stmk",
            "RUOK", "help", "quit", "kill", "GET ", "POST", "\r\n\r\n", "ruok\n", "stat\r\n", "ru", "r", "xxxx", "    "];

    /// <summary>Half frames left open until the end.</summary>
    private readonly List<FuzzSocket> _leftOpen = [];

    private IReadOnlyList<(string Name, Func<Random, CancellationToken, Task> Run)> All =>
    [
        ("random bytes", RandomBytesAsync),
        ("damaged handshake", DamagedHandshakeAsync),
        ("damaged frames", DamagedFramesAsync),
        ("damaged bodies", DamagedBodiesAsync),
        ("wrong lengths", WrongLengthsAsync),
        ("truncated frame", TruncatedFrameAsync),
        ("half frame left open", LeaveHalfFrameAsync),
        ("slow writer", SlowWriterAsync),
        ("four letters", FourLettersAsync),
        ("dropped without a word", DropAsync),
        ("reset with answers on their way", ResetAsync),
        ("unknown operations", UnknownOperationsAsync),
        ("greedy counts", GreedyCountsAsync),
        ("stolen session", StealSessionAsync),
        ("bad credentials", BadCredentialsAsync),
        ("handshake twice", HandshakeTwiceAsync),
    ];

    public int Count => All.Count;

    /// <summary>Runs the attack that a seed stands for.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> RunAsync(int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        (string name, Func<Random, CancellationToken, Task> run) = All[random.Next(All.Count)];
        try
        {
            await run(random, cancellationToken);
            return name;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"attack '{name}' of seed {seed} failed: {e.Message}", e);
        }
    }

    public void CloseLeftOpen()
    {
        lock (_leftOpen)
        {
            _leftOpen.ForEach(connection => connection.Dispose());
            _leftOpen.Clear();
        }
    }

    private async Task RandomBytesAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(port, cancellationToken);
        await connection.SendAsync(Mutation.Bytes(random, 1 + random.Next(4096)), cancellationToken);
        connection.ReadAvailable();
    }

    private async Task DamagedHandshakeAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(port, cancellationToken);
        byte[] handshake = Frames.Handshake(0, new byte[16], 4000);
        await connection.SendAsync(random.Next(2) == 0 ? Mutation.Of(handshake, random) : Mutation.OfBody(handshake, random), cancellationToken);
        await connection.SendAsync(Frames.RandomRequest(random, 1), cancellationToken);
        connection.EndSending();
        await connection.ReadToEndAsync(cancellationToken);
    }

    private Task DamagedFramesAsync(Random random, CancellationToken cancellationToken) => DamagedAsync(random, Mutation.Of, cancellationToken);

    private Task DamagedBodiesAsync(Random random, CancellationToken cancellationToken) => DamagedAsync(random, Mutation.OfBody, cancellationToken);

    private async Task DamagedAsync(Random random, Func<byte[], Random, byte[]> mutate, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectWithSessionAsync(port, cancellationToken);
        for (int xid = 1; xid <= 30; xid++)
        {
            byte[] frame = Frames.RandomRequest(random, xid);
            await connection.SendAsync(random.Next(3) == 0 ? mutate(frame, random) : frame, cancellationToken);
        }

        if (random.Next(2) == 0)
        {
            connection.EndSending();
            await connection.ReadToEndAsync(cancellationToken);
        }
    }

    private async Task WrongLengthsAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = random.Next(2) == 0
            ? await FuzzSocket.ConnectAsync(port, cancellationToken)
            : await FuzzSocket.ConnectWithSessionAsync(port, cancellationToken);
        byte[] frame = Frames.RandomRequest(random, 1);
        BinaryPrimitives.WriteInt32BigEndian(frame, Mutation.Edge(random));
        await connection.SendAsync(frame, cancellationToken);
        connection.EndSending();
        await connection.ReadToEndAsync(cancellationToken);
    }

    private async Task TruncatedFrameAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectWithSessionAsync(port, cancellationToken);
        byte[] frame = Frames.RandomRequest(random, 1);
        await connection.SendAsync(Frames.RandomRequest(random, 1), cancellationToken);
        await connection.SendAsync(frame.AsMemory(0, random.Next(1, frame.Length)), cancellationToken);
    }

    private async Task LeaveHalfFrameAsync(Random random, CancellationToken cancellationToken)
    {
        FuzzSocket connection = random.Next(2) == 0
            ? await FuzzSocket.ConnectAsync(port, cancellationToken)
            : await FuzzSocket.ConnectWithSessionAsync(port, cancellationToken);
        byte[] frame = Frames.RandomRequest(random, 1);
        await connection.SendAsync(frame.AsMemory(0, random.Next(1, frame.Length)), cancellationToken);
        lock (_leftOpen)
        {
            _leftOpen.Add(connection);
        }
    }

    /// <summary>Every byte by itself; slow is not wrong, so the answers must be right.</summary>
    private async Task SlowWriterAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(port, cancellationToken);
        byte[] bytes =
        [
            .. Frames.Handshake(0, new byte[16], 10_000),
            .. Frames.Request(7, OpCode.Exists, new PathWatchRequest("/", false).Write),
            .. Frames.Request(8, OpCode.Create2, new CreateRequest("/fuzz/slow-", [1], Acl.OpenUnsafe, (int)CreateMode.EphemeralSequential).Write),
        ];
        for (int i = 0; i < bytes.Length; i++)
        {
            (await connection.SendAsync(bytes.AsMemory(i, 1), cancellationToken)).ShouldBeTrue("a slow client must not be closed");
            if (random.Next(8) == 0)
            {
                await Task.Delay(1, cancellationToken);
            }
        }

        (await connection.ReadFrameAsync(cancellationToken)).ShouldNotBeNull().Length.ShouldBe(37);
        foreach (int xid in new[] { 7, 8 })
        {
            byte[] answer = (await connection.ReadFrameAsync(cancellationToken)).ShouldNotBeNull();
            var reader = new JuteReader(answer);
            ReplyHeader header = ReplyHeader.Read(ref reader);
            (header.Xid, header.Error).ShouldBe((xid, ErrorCode.Ok));
        }
    }

    private async Task FourLettersAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(port, cancellationToken);
        await connection.SendAsync(Encoding.ASCII.GetBytes(Words[random.Next(Words.Length)]), cancellationToken);
        if (random.Next(2) == 0)
        {
            connection.EndSending();
            await connection.ReadToEndAsync(cancellationToken);
        }
    }

    private async Task DropAsync(Random random, CancellationToken cancellationToken)
    {
        for (int i = 1 + random.Next(20); i > 0; i--)
        {
            using FuzzSocket connection = await FuzzSocket.ConnectAsync(port, cancellationToken);
            if (random.Next(2) == 0)
            {
                connection.Reset();
            }
        }
    }

    private async Task ResetAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectWithSessionAsync(port, cancellationToken);
        var requests = new List<byte>();
        for (int xid = 1 + random.Next(300); xid > 0; xid--)
        {
            requests.AddRange(Frames.RandomRequest(random, xid));
        }

        await connection.SendAsync(requests.ToArray(), cancellationToken);
        connection.Reset();
    }

    private async Task UnknownOperationsAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectWithSessionAsync(port, cancellationToken);
        int type = random.Next(3) == 0 ? random.Next() : random.Next(-20, 120);
        byte[] record = Mutation.Bytes(random, random.Next(64));
        await connection.SendAsync(Frames.Request(random.Next(-10, 10), (OpCode)type, writer => writer.WriteRaw(record)), cancellationToken);
        connection.EndSending();
        await connection.ReadToEndAsync(cancellationToken);
    }

    /// <summary>Counts and lengths that promise more than there is, at every place that has one.</summary>
    private async Task GreedyCountsAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectWithSessionAsync(port, cancellationToken);
        int count = Mutation.Edge(random);
        byte[] padding = Mutation.Bytes(random, random.Next(100));
        byte[] frame = random.Next(5) switch
        {
            0 => Frames.Request(1, OpCode.Create, writer =>
            {
                writer.WriteString("/fuzz/greedy");
                writer.WriteBuffer([]);
                writer.WriteInt(count);
                writer.WriteRaw(padding);
            }),
            1 => Frames.Request(1, OpCode.SetWatches, writer =>
            {
                writer.WriteLong(0);
                writer.WriteInt(count);
                writer.WriteRaw(padding);
            }),
            2 => Frames.Request(1, OpCode.GetData, writer => writer.WriteInt(count)),
            3 => Frames.Request(1, OpCode.Multi, writer =>
            {
                // Multis in multis, never done.
                for (int i = 0; i < 2000; i++)
                {
                    new MultiHeader(random.Next(2) == 0 ? OpCode.Multi : OpCode.MultiRead, false, count).Write(writer);
                }
            }),
            _ => Frames.Request(ReservedXid.Auth, OpCode.Auth, writer =>
            {
                writer.WriteInt(0);
                writer.WriteInt(count);
                writer.WriteRaw(padding);
            }),
        };
        await connection.SendAsync(frame, cancellationToken);
        connection.EndSending();
        await connection.ReadToEndAsync(cancellationToken);
    }

    private async Task StealSessionAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(port, cancellationToken);
        long id = random.Next(4) == 0 ? random.NextInt64() : victim;
        byte[] password = Mutation.Bytes(random, random.Next(3) == 0 ? random.Next(40) : 16);
        await connection.SendAsync(Frames.Handshake(id, password, 10_000), cancellationToken);
        byte[] answer = (await connection.ReadFrameAsync(cancellationToken)).ShouldNotBeNull("a wrong password is answered");
        var reader = new JuteReader(answer);
        ConnectResponse.Read(ref reader).SessionId.ShouldBe(0);
        await connection.ReadToEndAsync(cancellationToken);
    }

    private async Task BadCredentialsAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectWithSessionAsync(port, cancellationToken);
        string scheme = new[] { "digest", "sasl", "x509", "ip", "world", "", "\0", "super" }[random.Next(8)];
        await connection.SendAsync(
            Frames.Request(ReservedXid.Auth, OpCode.Auth, new AuthRequest(random.Next(), scheme, Mutation.Bytes(random, random.Next(200))).Write),
            cancellationToken);
        await connection.SendAsync(Frames.Request(1, OpCode.Sasl, writer => writer.WriteBuffer(Mutation.Bytes(random, 50))), cancellationToken);
        connection.EndSending();
        await connection.ReadToEndAsync(cancellationToken);
    }

    private async Task HandshakeTwiceAsync(Random random, CancellationToken cancellationToken)
    {
        using FuzzSocket connection = await FuzzSocket.ConnectAsync(port, cancellationToken);
        byte[] handshake = Frames.Handshake(0, new byte[16], random.Next(2) == 0 ? Mutation.Edge(random) : 4000);
        await connection.SendAsync((byte[])[.. handshake, .. handshake, .. Frames.RandomRequest(random, 1), .. handshake], cancellationToken);
        connection.EndSending();
        await connection.ReadToEndAsync(cancellationToken);
    }
}
