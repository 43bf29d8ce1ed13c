using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>The cases of a class under <c>clients/java</c>: its static methods that take an <c>Env</c>.</summary>
public sealed class JavaCasesAttribute(string className)
    : ClientCasesAttribute("java", className + ".java", @"^    static void (\w+)\(Env env\)");

/// <summary>Runs cases with the Java client.</summary>
public abstract class JavaSuite(SharedServer shared)
{
    protected async Task RunAsync(string script, string name)
    {
        JavaTools.RequireClients();
        string[] arguments =
        [
            .. JavaTools.QuickStartOptions,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
            "-cp",
            await JavaTools.ClientClassesAsync() + ":" + JavaTools.ClientClassPath,
            "Interop",
            Path.GetFileNameWithoutExtension(script),
            name,
        ];
        var environment = ClientScripts.Environment(shared.Server, name);
        ClientScripts.Judge(await Subprocess.RunAsync(JavaTools.Java, arguments, TimeSpan.FromSeconds(120), environment));
    }
}

public sealed class JavaCreate(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("CreateCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}

public sealed class JavaAddWatch(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("AddWatchCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}

public sealed class JavaRemoveWatch(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("RemoveWatchCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}

public sealed class JavaSession(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("SessionCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}

public sealed class JavaReconnect(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("ReconnectCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}

public sealed class JavaRead(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("ReadCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}

public sealed class JavaMulti(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("MultiCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}

public sealed class JavaAccess(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("AccessCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}

public sealed class JavaQuota(SharedServer shared) : JavaSuite(shared)
{
    [Theory, JavaCases("QuotaCases")]
    public Task Java(string script, string name) => RunAsync(script, name);
}
