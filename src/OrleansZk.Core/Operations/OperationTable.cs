namespace OrleansZk.Core.Operations;

/// <summary>Every operation that goes through the queue of a connection; auth and sasl are the connection's own.</summary>
public static class OperationTable
{
    /// <summary>The operations, each once. Tests walk this list: one without its conformance, ACL, model and fuzz cases fails them.</summary>
    public static IReadOnlyList<Operation> All { get; } =
    [
        new Create(),
        new Create2(),
        new CreateContainer(),
        new CreateTtl(),
        new Delete(),
        new DeleteContainer(),
        new SetData(),
        new SetAcl(),
        new Check(),
        new Multi(),
        new Sync(),
        new Reconfig(),
        new CreateSession(),
        new CloseSession(),
        new Ping(),
        new Exists(),
        new GetData(),
        new GetAcl(),
        new GetChildren(),
        new GetChildren2(),
        new GetAllChildrenNumber(),
        new GetEphemerals(),
        new MultiRead(),
        new WhoAmI(),
        new AddWatch(),
        new CheckWatches(),
        new RemoveWatches(),
        new SetWatches(),
        new SetWatches2(),
    ];

    private const int Lowest = (int)OpCode.CloseSession;

    private static readonly Operation?[] ByCode = Index();

    public static Operation? Find(OpCode code)
    {
        int index = (int)code - Lowest;
        return (uint)index < (uint)ByCode.Length ? ByCode[index] : null;
    }

    /// <summary>The one operation of its type.</summary>
    public static T Get<T>()
        where T : Operation => All.OfType<T>().Single();

    private static Operation?[] Index()
    {
        var index = new Operation?[All.Max(operation => (int)operation.Code) - Lowest + 1];
        foreach (Operation operation in All)
        {
            index[(int)operation.Code - Lowest] = operation;
        }

        return index;
    }
}
