using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>The cases of a script under <c>clients/kazoo</c>: its functions named <c>case_...</c>.</summary>
public sealed class KazooCasesAttribute(string script) : ClientCasesAttribute("kazoo", script, @"^def case_(\w+)\(");

/// <summary>Runs cases with kazoo, the Python client.</summary>
public abstract class KazooSuite(SharedServer shared)
{
    // Debian's package serves Debian's interpreter, not whichever comes first on the PATH.
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<Task<bool>> HasKazoo = new(async () =>
        File.Exists(Python) && (await Subprocess.RunAsync(Python, ["-c", "import kazoo.client"], TimeSpan.FromSeconds(60))).ExitCode == 0);

    protected async Task RunAsync(string script, string name)
    {
        Assert.SkipUnless(await HasKazoo.Value, "kazoo is missing: install Debian's package 'python3-kazoo'.");
        var environment = ClientScripts.Environment(shared.Server, name);
        var program = Path.Combine(ClientScripts.Folder("kazoo"), script);
        ClientScripts.Judge(await Subprocess.RunAsync(Python, ["-B", program, name], TimeSpan.FromSeconds(100), environment));
    }
}

public sealed class KazooOperations(SharedServer shared) : KazooSuite(shared)
{
    [Theory, KazooCases("operations.py")]
    public Task Kazoo(string script, string name) => RunAsync(script, name);
}

public sealed class KazooErrors(SharedServer shared) : KazooSuite(shared)
{
    [Theory, KazooCases("errors.py")]
    public Task Kazoo(string script, string name) => RunAsync(script, name);
}

public sealed class KazooWatches(SharedServer shared) : KazooSuite(shared)
{
    [Theory, KazooCases("watches.py")]
    public Task Kazoo(string script, string name) => RunAsync(script, name);
}

public sealed class KazooTransactions(SharedServer shared) : KazooSuite(shared)
{
    [Theory, KazooCases("transactions.py")]
    public Task Kazoo(string script, string name) => RunAsync(script, name);
}

public sealed class KazooAccess(SharedServer shared) : KazooSuite(shared)
{
    [Theory, KazooCases("access.py")]
    public Task Kazoo(string script, string name) => RunAsync(script, name);
}

public sealed class KazooSessions(SharedServer shared) : KazooSuite(shared)
{
    [Theory, KazooCases("sessions.py")]
    public Task Kazoo(string script, string name) => RunAsync(script, name);
}

public sealed class KazooLocks(SharedServer shared) : KazooSuite(shared)
{
    [Theory, KazooCases("recipes_locks.py")]
    public Task Kazoo(string script, string name) => RunAsync(script, name);
}

public sealed class KazooRecipes(SharedServer shared) : KazooSuite(shared)
{
    [Theory, KazooCases("recipes_others.py")]
    public Task Kazoo(string script, string name) => RunAsync(script, name);
}
