using System.Globalization;
using OrleansZk.Core.Operations;
using OrleansZk.Core.Replication;
using OrleansZk.Protocol.Records;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Model.Fuzz;

/// <summary>Damaged requests: each is answered or ends its own connection, and nothing else happens to anybody.</summary>
/// <remarks><c>MODEL_RUNS</c> sets how many random ones each operation gets, <c>MODEL_SEED</c> begins with one that failed.</remarks>
public sealed class FuzzTests(ITestOutputHelper output) : IDisposable
{
    private readonly EngineHarness _engine = new(new EngineSettings { Limits = new ReplicaLimits { MaxFrameLength = 1 << 20 } });
    private TestSession? _victim;
    private TestSession? _witness;
    private int _witnessed;

    public static TheoryData<OpCode> Operations => [.. Samples.All.Keys];

    [Theory]
    [MemberData(nameof(Operations))]
    [OperationCase(CaseKind.Fuzz, OpCode.Create, OpCode.Create2, OpCode.CreateContainer, OpCode.CreateTtl, OpCode.Delete, OpCode.DeleteContainer)]
    [OperationCase(CaseKind.Fuzz, OpCode.SetData, OpCode.SetAcl, OpCode.Check, OpCode.Multi, OpCode.Sync, OpCode.Reconfig, OpCode.CreateSession)]
    [OperationCase(CaseKind.Fuzz, OpCode.CloseSession, OpCode.Ping, OpCode.Exists, OpCode.GetData, OpCode.GetAcl, OpCode.GetChildren, OpCode.GetChildren2)]
    [OperationCase(CaseKind.Fuzz, OpCode.GetAllChildrenNumber, OpCode.GetEphemerals, OpCode.MultiRead, OpCode.WhoAmI, OpCode.AddWatch)]
    [OperationCase(CaseKind.Fuzz, OpCode.CheckWatches, OpCode.RemoveWatches, OpCode.SetWatches, OpCode.SetWatches2, OpCode.Auth, OpCode.Sasl)]
    public void Damaged_requests(OpCode type)
    {
        Begin();
        foreach (WireRequest sample in Samples.All[type])
        {
            foreach (byte[] body in Damage.Systematic(sample.Body))
            {
                Suffer(new WireRequest(type, body));
            }
        }

        int seed = Seed();
        output.WriteLine($"MODEL_SEED={seed}");
        var random = new Random(seed);
        for (int i = 0; i < Runs(500); i++)
        {
            WireRequest[] samples = Samples.All[type];
            Suffer(new WireRequest(type, Damage.Random(samples[random.Next(samples.Length)].Body, random)));
        }

        End();
    }

    [Fact]
    public void Every_operation_has_samples() =>
        OperationTable.All.Select(operation => operation.Code).Except(Samples.All.Keys).ShouldBeEmpty();

    [Fact]
    public void Damaged_packets_of_several_requests_while_appends_are_held_back()
    {
        Begin();
        int seed = Seed();
        output.WriteLine($"MODEL_SEED={seed}");
        var random = new Random(seed);
        WireRequest[] samples = [.. Samples.All.Values.SelectMany(requests => requests)];
        for (int i = 0; i < Runs(1000); i++)
        {
            EnsureVictim();
            _engine.Hold();
            _witness!.Send(Create("/w-", mode: CreateMode.PersistentSequential), Ping());
            _victim!.Send([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => samples[random.Next(samples.Length)])
                .Select(sample => random.Next(2) == 0 ? sample : sample with { Body = Damage.Random(sample.Body, random) })]);
            _engine.ReleaseOne();
            _engine.ReleaseAll();
            _witness.TakeAll().OfType<Answer>().Select(answer => answer.Result.Error).ShouldBe([ErrorCode.Ok, ErrorCode.Ok]);
            _victim.TakeAll();
            _witness.Ask(GetChildren("/")).Names.ShouldNotBeNull();
        }

        End();
    }

    [Fact]
    public void Damaged_handshakes()
    {
        Begin();
        byte[] whole = ConnectFrame(new ConnectRequest(0, 0, 5000, 0, new byte[16], false));
        foreach (byte[] body in Damage.Systematic(whole[4..]))
        {
            TestConnection connection = _engine.Open();
            connection.Send([(byte)(body.Length >> 24), (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body]);
            connection.Disconnect();
        }

        Witness();
        End();
    }

    [Fact]
    public void Bytes_that_are_no_frames_at_all()
    {
        Begin();
        int seed = Seed();
        output.WriteLine($"MODEL_SEED={seed}");
        var random = new Random(seed);
        for (int i = 0; i < Runs(2000); i++)
        {
            TestSession victim = _engine.Connect();
            byte[] bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
            {
                (bytes[0], bytes[1 % bytes.Length], bytes[2 % bytes.Length]) = (0, 0, 0);
            }

            victim.Connection.Send(bytes);
            victim.Connection.Disconnect();
        }

        Witness();
        End();
    }

    public void Dispose() => _engine.Dispose();

    private static int Runs(int @default) =>
        int.TryParse(Environment.GetEnvironmentVariable("MODEL_RUNS"), CultureInfo.InvariantCulture, out int runs) ? runs : @default;

    private static int Seed() =>
        int.TryParse(Environment.GetEnvironmentVariable("MODEL_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : Random.Shared.Next();

    private void Begin()
    {
        _witness = _engine.Connect();
        _witness.Ask(Create("/witness", "0"));
        _witness.Ask(Create("/witness/e", mode: CreateMode.Ephemeral));
        foreach (string path in new[] { "/a", "/a/b", "/c", "/x" })
        {
            _witness.Ask(Create(path));
        }
    }

    private void Suffer(WireRequest request)
    {
        EnsureVictim();
        _victim!.Send(request);
        _victim.TakeAll();
        (_victim.Outstanding == 0 || !_victim.IsConnected).ShouldBeTrue("a request is answered, or ends its connection");
        if (++_witnessed % 50 == 0)
        {
            Witness();
        }
    }

    private void EnsureVictim()
    {
        if (_victim is { IsConnected: true } victim && _witnessed % 500 != 499)
        {
            victim.ShouldNotBeNull();
            return;
        }

        // Closed, so that what it has made goes with it.
        _victim?.Disconnect();
        _victim = _engine.Connect();
    }

    /// <summary>Somebody else goes on as if nothing had happened.</summary>
    private void Witness()
    {
        _engine.Failures.ShouldBeEmpty();
        _witness!.IsConnected.ShouldBeTrue();
        _witness.Ask(GetData("/witness", watch: true));
        _witness.Send(SetData("/witness", _witnessed.ToString(CultureInfo.InvariantCulture)), GetData("/witness"));
        List<Received> received = _witness.TakeAll();
        received[0].ShouldBeOfType<Event>().Path.ShouldBe("/witness");
        received[^1].ShouldBeOfType<Answer>().Result.Text.ShouldBe(_witnessed.ToString(CultureInfo.InvariantCulture));
    }

    private void End()
    {
        Witness();
        _witness!.Ask(GetEphemerals()).Names.ShouldBe(["/witness/e"]);
        TreeDigestCheck.Require(_engine.Replica.Tree);
        List<string> before = TreeDigestCheck.Describe(_engine.Replica.Tree);
        _engine.Restart();
        string.Join('\n', TreeDigestCheck.Describe(_engine.Replica.Tree)).ShouldBe(string.Join('\n', before));
    }
}
