using OrleansZk.Interop.Differential;
using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>
/// Two servers, the one under test and Apache ZooKeeper, that are asked the same. In a run against Apache, both are: then any difference is a
/// fault of the suite.
/// </summary>
public sealed class ServerPair : IAsyncLifetime
{
    public ServerProcess? Reference { get; private set; }

    public ServerProcess? Candidate { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (!JavaTools.HasServer)
        {
            return;
        }

        // Nothing may go by itself here: no two servers would let it go at the same step.
        var settings = new ServerSettings { ReaperIntervalMs = 3_600_000 };
        var both = await Task.WhenAll(
            ServerProcess.StartNewAsync(ServerKind.Apache, settings), ServerProcess.StartNewAsync(ServerUnderTest.Kind, settings));
        (Reference, Candidate) = (both[0], both[1]);
    }

    /// <summary>Starts again what an earlier scenario has brought down, so that one failure does not look like many.</summary>
    public async Task ReviveAsync()
    {
        foreach (var server in new[] { Reference!, Candidate! })
        {
            if (!server.IsRunning)
            {
                server.Forget();
                await server.StartAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in new[] { Reference, Candidate })
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }
    }
}

/// <summary>The same requests, byte for byte, to both servers of a pair; the answers laid side by side.</summary>
public sealed class DifferentialCases(ServerPair pair) : IClassFixture<ServerPair>
{
    /// <summary>Each with a trait, so that <c>--filter-trait "case=..."</c> runs one.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names =>
        Scenarios.All.Select(scenario => new TheoryDataRow<string>(scenario.Name).WithTrait("case", scenario.Name));

    [Theory, MemberData(nameof(Names))]
    public async Task Answers_as_Apache_does(string name)
    {
        JavaTools.RequireServer();
        var scenario = Scenarios.All.Single(one => one.Name == name);
        await pair.ReviveAsync();
        var known = ServerUnderTest.IsApache ? [] : KnownDifferences.All;
        var played = await Task.WhenAll(scenario.PlayOnAsync(pair.Reference!.Port, known), scenario.PlayOnAsync(pair.Candidate!.Port, known));
        TranscriptFolder.Keep(name, "apache", played[0]);
        TranscriptFolder.Keep(name, ServerUnderTest.IsApache ? "apache-too" : "orleanszk", played[1]);

        var found = Comparison.Differences(name, played[0], played[1], known);
        Assert.True(pair.Reference.IsRunning && pair.Candidate.IsRunning, $"A server came down:\n{pair.Reference.LogTail()}\n{pair.Candidate.LogTail()}");
        Assert.True(found.Count == 0, $"{found.Count} steps differ; the later ones may follow from the first:\n{string.Join("\n\n", found.Take(12))}");
    }

    [Fact]
    public void Every_known_difference_names_a_scenario_and_a_reason()
    {
        foreach (var difference in KnownDifferences.All)
        {
            Assert.Contains(Scenarios.All, scenario => scenario.Name == difference.Scenario);
            Assert.NotEmpty(difference.Reason);
        }
    }

    [Fact]
    public void Scenarios_have_names_of_their_own() =>
        Assert.Equal(Scenarios.All.Count, Scenarios.All.Select(scenario => scenario.Name).Distinct().Count());
}
