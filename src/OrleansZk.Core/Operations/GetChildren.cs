namespace OrleansZk.Core.Operations;

/// <summary>getChildren: the names, in no order.</summary>
public sealed class GetChildren() : ChildrenReading(OpCode.GetChildren, withStat: false)
{
    public override bool IsAllowedInMultiRead => true;
}
