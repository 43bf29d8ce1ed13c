using System.Reflection;

using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Tools;

using Xunit.Sdk;
using Xunit.v3;

namespace OrleansZk.Interop.Cases;

/// <summary>
/// Makes two tests of each case in a client's script, one of them for an ensemble. The cases are found by reading the script: one that is added there
/// runs without a change here.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class ClientCasesAttribute(string client, string script, string pattern) : DataAttribute
{
    public string Client { get; } = client;

    public string Script { get; } = script;

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        var cases = ClientScripts.CasesIn(Client, Script, pattern);
        var rows =
            from deployment in Enum.GetValues<Deployment>()
            from name in cases
            select new TheoryDataRow<Deployment, string, string>(deployment, Script, name).WithTrait("case", name);
        return new(rows.ToList());
    }

    public override bool SupportsDiscoveryEnumeration() => true;
}
