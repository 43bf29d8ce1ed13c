using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>The cases of a script under <c>clients/kazoo</c>: its functions named <c>case_...</c>.</summary>
public sealed class KazooCasesAttribute(string script) : ClientCasesAttribute("kazoo", script, @"^def case_(\w+)\(");

/// <summary>Runs cases with kazoo, the Python client.</summary>
public abstract class KazooSuite(SharedServer server, SharedEnsemble ensemble) : ClientSuite(server, ensemble)
{
    // Debian's package serves Debian's interpreter, not whichever comes first on the PATH.
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<Task<bool>> HasKazoo = new(async () =>
        File.Exists(Python) && (await Subprocess.RunAsync(Python, ["-c", "import kazoo.client"], TimeSpan.FromSeconds(60))).ExitCode == 0);

    protected async Task RunAsync(Deployment deployment, string script, string name)
    {
        Assert.SkipUnless(await HasKazoo.Value, "kazoo is missing: install Debian's package 'python3-kazoo'.");
        var environment = await EnvironmentAsync(deployment, name);
        var program = Path.Combine(ClientScripts.Folder("kazoo"), script);
        ClientScripts.Judge(await Subprocess.RunAsync(Python, ["-B", program, name], TimeSpan.FromSeconds(100), environment));
    }
}

public sealed class KazooOperations(SharedServer server, SharedEnsemble ensemble) : KazooSuite(server, ensemble)
{
    [Theory, KazooCases("operations.py")]
    public Task Kazoo(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class KazooErrors(SharedServer server, SharedEnsemble ensemble) : KazooSuite(server, ensemble)
{
    [Theory, KazooCases("errors.py")]
    public Task Kazoo(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class KazooWatches(SharedServer server, SharedEnsemble ensemble) : KazooSuite(server, ensemble)
{
    [Theory, KazooCases("watches.py")]
    public Task Kazoo(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class KazooTransactions(SharedServer server, SharedEnsemble ensemble) : KazooSuite(server, ensemble)
{
    [Theory, KazooCases("transactions.py")]
    public Task Kazoo(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class KazooAccess(SharedServer server, SharedEnsemble ensemble) : KazooSuite(server, ensemble)
{
    [Theory, KazooCases("access.py")]
    public Task Kazoo(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class KazooSessions(SharedServer server, SharedEnsemble ensemble) : KazooSuite(server, ensemble)
{
    [Theory, KazooCases("sessions.py")]
    public Task Kazoo(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class KazooLocks(SharedServer server, SharedEnsemble ensemble) : KazooSuite(server, ensemble)
{
    [Theory, KazooCases("recipes_locks.py")]
    public Task Kazoo(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class KazooRecipes(SharedServer server, SharedEnsemble ensemble) : KazooSuite(server, ensemble)
{
    [Theory, KazooCases("recipes_others.py")]
    public Task Kazoo(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}
