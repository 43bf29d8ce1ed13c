using OrleansZk.Core.Access;
using OrleansZk.Core.Paths;
using OrleansZk.Core.Sessions;
using OrleansZk.Core.Tree;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Transactions;

/// <param name="Path">The final path, sequence number included.</param>
/// <param name="Owner">The stored ephemeralOwner (see <see cref="Tree.NodeOwner"/>).</param>
/// <param name="ParentCversion">The parent's stored cversion afterwards.</param>
public sealed record CreateBody(string Path, byte[]? Data, AclList Acl, long Owner, int ParentCversion) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.Create;

    public override Stat Apply(ApplyContext context) =>
        context.Tree.Create(Path, Data, Acl, Owner, ParentCversion, context.Zxid, context.Time, context.Changes).Stat;

    public static new CreateBody Read(ref JuteReader reader) => new(
        reader.ReadString()!,
        reader.ReadBuffer(),
        new AclList(reader.ReadAcl() ?? []),
        reader.ReadLong(),
        reader.ReadInt());

    internal override void MarkChanged(DataTree tree, SessionTable sessions)
    {
        tree.Mark(Path);
        tree.Mark(ZPath.Parent(Path));
    }

    private protected override long ContentLength(bool exact) =>
        EncodedLength.Of(Path, exact) + EncodedLength.Of(Data) + EncodedLength.Of(Acl, exact) + sizeof(long) + sizeof(int);

    protected override void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteAcl(Acl);
        writer.WriteLong(Owner);
        writer.WriteInt(ParentCversion);
    }
}

public sealed record DeleteBody(string Path) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.Delete;

    public override Stat Apply(ApplyContext context)
    {
        context.Tree.Delete(Path, context.Zxid, context.Changes);
        return default;
    }

    public static new DeleteBody Read(ref JuteReader reader) => new(reader.ReadString()!);

    internal override void MarkChanged(DataTree tree, SessionTable sessions)
    {
        tree.Mark(Path);
        tree.Mark(ZPath.Parent(Path));
    }

    private protected override long ContentLength(bool exact) => EncodedLength.Of(Path, exact);

    protected override void Write(JuteWriter writer) => writer.WriteString(Path);
}

/// <param name="Version">The node's version afterwards.</param>
public sealed record SetDataBody(string Path, byte[]? Data, int Version) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.SetData;

    public override Stat Apply(ApplyContext context) =>
        context.Tree.SetData(Path, Data, Version, context.Zxid, context.Time, context.Changes).Stat;

    public static new SetDataBody Read(ref JuteReader reader) => new(reader.ReadString()!, reader.ReadBuffer(), reader.ReadInt());

    internal override void MarkChanged(DataTree tree, SessionTable sessions) => tree.Mark(Path);

    private protected override long ContentLength(bool exact) => EncodedLength.Of(Path, exact) + EncodedLength.Of(Data) + sizeof(int);

    protected override void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteInt(Version);
    }
}

/// <param name="Aversion">The node's aversion afterwards.</param>
public sealed record SetAclBody(string Path, AclList Acl, int Aversion) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.SetAcl;

    public override Stat Apply(ApplyContext context) => context.Tree.SetAcl(Path, Acl, Aversion).Stat;

    public static new SetAclBody Read(ref JuteReader reader) =>
        new(reader.ReadString()!, new AclList(reader.ReadAcl() ?? []), reader.ReadInt());

    internal override void MarkChanged(DataTree tree, SessionTable sessions) => tree.Mark(Path);

    private protected override long ContentLength(bool exact) => EncodedLength.Of(Path, exact) + EncodedLength.Of(Acl, exact) + sizeof(int);

    protected override void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteAcl(Acl);
        writer.WriteInt(Aversion);
    }
}

/// <summary>A multi's check, which held.</summary>
public sealed record CheckBody : TransactionBody
{
    public static CheckBody Instance { get; } = new();

    public override TransactionKind Kind => TransactionKind.Check;

    public override Stat Apply(ApplyContext context) => default;

    private protected override long ContentLength(bool exact) => 0;

    protected override void Write(JuteWriter writer)
    {
    }
}

/// <summary>Parts that become visible at once, with one zxid.</summary>
public sealed record MultiBody(IReadOnlyList<TransactionBody> Parts) : TransactionBody
{
    public override TransactionKind Kind => TransactionKind.Multi;

    public override Stat Apply(ApplyContext context)
    {
        foreach (TransactionBody part in Parts)
        {
            context.PartStats.Add(part.Apply(context));
        }

        return default;
    }

    public static new MultiBody Read(ref JuteReader reader)
    {
        var parts = new TransactionBody[reader.ReadCount(sizeof(int))];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = TransactionBody.Read(ref reader);
        }

        return new MultiBody(parts);
    }

    internal override void MarkChanged(DataTree tree, SessionTable sessions)
    {
        foreach (TransactionBody part in Parts)
        {
            part.MarkChanged(tree, sessions);
        }
    }

    private protected override long ContentLength(bool exact) => sizeof(int) + Parts.Sum(part => part.LengthOf(exact));

    protected override void Write(JuteWriter writer)
    {
        writer.WriteInt(Parts.Count);
        foreach (TransactionBody part in Parts)
        {
            Write(part, writer);
        }
    }
}
