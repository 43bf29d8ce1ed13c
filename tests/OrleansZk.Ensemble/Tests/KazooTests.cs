using System.Diagnostics;

namespace OrleansZk.Ensemble.Tests;

/// <summary>A client library as users have it finds its way from server to server.</summary>
public sealed class KazooTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    // Debian's package serves Debian's interpreter, not whichever comes first on the PATH.
    private const string Python = "/usr/bin/python3";
    private const string Package = "/usr/lib/python3/dist-packages/kazoo/__init__.py";

    [Fact]
    public async Task Its_session_survives_the_end_of_its_server()
    {
        Assert.SkipUnless(File.Exists(Package), "kazoo is missing: install Debian's package 'python3-kazoo'.");
        Cluster cluster = await shared.GetAsync();

        // It begins with the leader: so it has to wait for the next one as well.
        ClusterServer leader = await cluster.LeaderAsync();
        ClusterServer[] servers = [leader, .. cluster.Servers.Where(server => server != leader)];
        string script = Path.Combine(RepositoryFolder.Path, "tests", "OrleansZk.Ensemble", "clients", "follow.py");
        using Process python = Process.Start(new ProcessStartInfo(Python, ["-B", script, string.Join(',', servers.Select(server => $"127.0.0.1:{server.Port}"))])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        ChildProcesses.Remember(python);
        Task<string> errors = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        (await python.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync())
            .ShouldBe("ready", python.HasExited ? await errors : "");
        await leader.KillAsync();
        await using (WireClient writer = await servers[1].ConnectAsync())
        {
            (await writer.SetDataAsync("/kazoo", "changed").InTimeAsync()).ThrowIfError();
        }

        await python.StandardInput.WriteLineAsync("go on");
        (await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(100), TestContext.Current.CancellationToken))
            .Trim().ShouldBe("done", await errors);
    }
}
