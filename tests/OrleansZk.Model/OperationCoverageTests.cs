using System.Reflection;
using OrleansZk.Core.Operations;

namespace OrleansZk.Model;

/// <summary>Walks every operation and misses no kind of case: a new one fails here until it has its conformance, ACL, model and fuzz cases.</summary>
public sealed class OperationCoverageTests
{
    private static readonly Assembly[] Assemblies = [typeof(HistoryTests).Assembly, typeof(Unit.EngineTest).Assembly];

    public static TheoryData<OpCode> Operations => [.. OperationTable.All.Select(operation => operation.Code).Append(OpCode.Auth).Distinct()];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_operation_has_its_cases(OpCode operation)
    {
        CaseKind[] present = [.. Cases().Where(found => found.Case.Operations.Contains(operation)).Select(found => found.Case.Kind)];
        CaseKind[] missing = [.. Enum.GetValues<CaseKind>().Except(present)];

        missing.ShouldBeEmpty($"{operation} lacks cases: mark the tests with [OperationCase]");
    }

    [Fact]
    public void A_case_is_a_test_that_runs()
    {
        foreach ((MethodInfo method, _) in Cases())
        {
            IFactAttribute? test = method.GetCustomAttributes().OfType<IFactAttribute>().SingleOrDefault();
            test.ShouldNotBeNull($"{method.DeclaringType}.{method.Name}").Skip.ShouldBeNull();
            method.DeclaringType!.IsPublic.ShouldBeTrue();
        }
    }

    private static IEnumerable<(MethodInfo Method, OperationCaseAttribute Case)> Cases() =>
        from type in Assemblies.SelectMany(assembly => assembly.GetTypes())
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        from @case in method.GetCustomAttributes<OperationCaseAttribute>()
        select (method, @case);
}
