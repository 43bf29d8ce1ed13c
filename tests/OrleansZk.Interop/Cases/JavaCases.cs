using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

namespace OrleansZk.Interop.Cases;

/// <summary>The cases of a class under <c>clients/java</c>: its static methods that take an <c>Env</c>.</summary>
public sealed class JavaCasesAttribute(string className)
    : ClientCasesAttribute("java", className + ".java", @"^    static void (\w+)\(Env env\)");

/// <summary>Runs cases with the Java client.</summary>
public abstract class JavaSuite(SharedServer server, SharedEnsemble ensemble) : ClientSuite(server, ensemble)
{
    protected async Task RunAsync(Deployment deployment, string script, string name)
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
        var environment = await EnvironmentAsync(deployment, name);
        ClientScripts.Judge(await Subprocess.RunAsync(JavaTools.Java, arguments, TimeSpan.FromSeconds(120), environment));
    }
}

public sealed class JavaCreate(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("CreateCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class JavaAddWatch(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("AddWatchCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class JavaRemoveWatch(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("RemoveWatchCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class JavaSession(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("SessionCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class JavaReconnect(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("ReconnectCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class JavaRead(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("ReadCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class JavaMulti(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("MultiCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class JavaAccess(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("AccessCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}

public sealed class JavaQuota(SharedServer server, SharedEnsemble ensemble) : JavaSuite(server, ensemble)
{
    [Theory, JavaCases("QuotaCases")]
    public Task Java(Deployment deployment, string script, string name) => RunAsync(deployment, script, name);
}
