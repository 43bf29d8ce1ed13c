using System.Reflection;

using OrleansZk.Interop.Tools;

using Xunit.Sdk;
using Xunit.v3;

namespace OrleansZk.Interop.Cases;

/// <summary>
/// Makes a test of each case in a client's script, found by reading the script: a case added there runs without a change here.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class ClientCasesAttribute(string client, string script, string pattern) : DataAttribute
{
    public string Client { get; } = client;

    public string Script { get; } = script;

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        var cases = ClientScripts.CasesIn(Client, Script, pattern);
        return new(cases.Select(name => new TheoryDataRow<string, string>(Script, name).WithTrait("case", name)).ToList());
    }

    public override bool SupportsDiscoveryEnumeration() => true;
}
