namespace OrleansZk.Core.Operations;

/// <summary>getChildren2: the names, in no order, and the parent's stat.</summary>
public sealed class GetChildren2() : ChildrenReading(OpCode.GetChildren2, withStat: true);
