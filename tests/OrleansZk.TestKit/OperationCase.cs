namespace OrleansZk.TestKit;

/// <summary>The kinds of cases that every operation must have.</summary>
public enum CaseKind
{
    /// <summary>Does what the specification says.</summary>
    Conformance,

    /// <summary>Asks for the permission that it should ask for, and no other.</summary>
    Acl,

    /// <summary>Takes part in the random histories that are compared with the model.</summary>
    Model,

    /// <summary>Survives damaged requests.</summary>
    Fuzz,
}

/// <summary>Says that a test method is a case of a kind for some operations; a test walks the operations and misses none.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class OperationCaseAttribute(CaseKind kind, params OpCode[] operations) : Attribute
{
    public CaseKind Kind => kind;

    public IReadOnlyList<OpCode> Operations => operations;
}
