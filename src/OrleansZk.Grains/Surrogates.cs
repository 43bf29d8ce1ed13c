using OrleansZk.Client;

// How Orleans serializes the types that know nothing of Orleans. Aliases and numbers never change their meaning; new fields get new numbers.
namespace OrleansZk.Grains;

[GenerateSerializer, Immutable, Alias("OrleansZk.Stat")]
public readonly record struct StatSurrogate(
    [property: Id(0)] long Czxid,
    [property: Id(1)] long Mzxid,
    [property: Id(2)] long Ctime,
    [property: Id(3)] long Mtime,
    [property: Id(4)] int Version,
    [property: Id(5)] int Cversion,
    [property: Id(6)] int Aversion,
    [property: Id(7)] long EphemeralOwner,
    [property: Id(8)] int DataLength,
    [property: Id(9)] int NumChildren,
    [property: Id(10)] long Pzxid);

[RegisterConverter]
public sealed class StatConverter : IConverter<Stat, StatSurrogate>
{
    public Stat ConvertFromSurrogate(in StatSurrogate surrogate) => new(
        surrogate.Czxid,
        surrogate.Mzxid,
        surrogate.Ctime,
        surrogate.Mtime,
        surrogate.Version,
        surrogate.Cversion,
        surrogate.Aversion,
        surrogate.EphemeralOwner,
        surrogate.DataLength,
        surrogate.NumChildren,
        surrogate.Pzxid);

    public StatSurrogate ConvertToSurrogate(in Stat value) => new(
        value.Czxid,
        value.Mzxid,
        value.Ctime,
        value.Mtime,
        value.Version,
        value.Cversion,
        value.Aversion,
        value.EphemeralOwner,
        value.DataLength,
        value.NumChildren,
        value.Pzxid);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.Acl")]
public readonly record struct AclSurrogate([property: Id(0)] int Permissions, [property: Id(1)] string Scheme, [property: Id(2)] string Name);

[RegisterConverter]
public sealed class AclConverter : IConverter<Acl, AclSurrogate>
{
    public Acl ConvertFromSurrogate(in AclSurrogate surrogate) => new((Permissions)surrogate.Permissions, new AclId(surrogate.Scheme, surrogate.Name));

    public AclSurrogate ConvertToSurrogate(in Acl value) => new((int)value.Permissions, value.Id.Scheme, value.Id.Id);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.CreatedNode")]
public readonly record struct CreatedNodeSurrogate([property: Id(0)] string Path, [property: Id(1)] Stat Stat);

[RegisterConverter]
public sealed class CreatedNodeConverter : IConverter<CreatedNode, CreatedNodeSurrogate>
{
    public CreatedNode ConvertFromSurrogate(in CreatedNodeSurrogate surrogate) => new(surrogate.Path, surrogate.Stat);

    public CreatedNodeSurrogate ConvertToSurrogate(in CreatedNode value) => new(value.Path, value.Stat);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.NodeData")]
public readonly record struct NodeDataSurrogate([property: Id(0)] byte[] Data, [property: Id(1)] Stat Stat);

[RegisterConverter]
public sealed class NodeDataConverter : IConverter<NodeData, NodeDataSurrogate>
{
    public NodeData ConvertFromSurrogate(in NodeDataSurrogate surrogate) => new(surrogate.Data, surrogate.Stat);

    public NodeDataSurrogate ConvertToSurrogate(in NodeData value) => new(value.Data, value.Stat);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.NodeChildren")]
public readonly record struct NodeChildrenSurrogate([property: Id(0)] IReadOnlyList<string> Names, [property: Id(1)] Stat Stat);

[RegisterConverter]
public sealed class NodeChildrenConverter : IConverter<NodeChildren, NodeChildrenSurrogate>
{
    public NodeChildren ConvertFromSurrogate(in NodeChildrenSurrogate surrogate) => new(surrogate.Names, surrogate.Stat);

    public NodeChildrenSurrogate ConvertToSurrogate(in NodeChildren value) => new(value.Names, value.Stat);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.NodeAcl")]
public readonly record struct NodeAclSurrogate([property: Id(0)] IReadOnlyList<Acl> Acl, [property: Id(1)] Stat Stat);

[RegisterConverter]
public sealed class NodeAclConverter : IConverter<NodeAcl, NodeAclSurrogate>
{
    public NodeAcl ConvertFromSurrogate(in NodeAclSurrogate surrogate) => new(surrogate.Acl, surrogate.Stat);

    public NodeAclSurrogate ConvertToSurrogate(in NodeAcl value) => new(value.Acl, value.Stat);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.NumberedEvent")]
public readonly record struct NumberedEventSurrogate(
    [property: Id(0)] long Number, [property: Id(1)] int Type, [property: Id(2)] int State, [property: Id(3)] string Path, [property: Id(4)] long Zxid);

[RegisterConverter]
public sealed class NumberedEventConverter : IConverter<NumberedEvent, NumberedEventSurrogate>
{
    public NumberedEvent ConvertFromSurrogate(in NumberedEventSurrogate surrogate) => new(
        surrogate.Number, new WatchedEvent((EventType)surrogate.Type, (KeeperState)surrogate.State, surrogate.Path, surrogate.Zxid));

    public NumberedEventSurrogate ConvertToSurrogate(in NumberedEvent value) => new(
        value.Number, (int)value.Event.Type, (int)value.Event.State, value.Event.Path, value.Event.Zxid);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.NumberedReply")]
public readonly record struct NumberedReplySurrogate([property: Id(0)] long Number, [property: Id(1)] ClientReply Reply);

[RegisterConverter]
public sealed class NumberedReplyConverter : IConverter<NumberedReply, NumberedReplySurrogate>
{
    public NumberedReply ConvertFromSurrogate(in NumberedReplySurrogate surrogate) => new(surrogate.Number, surrogate.Reply);

    public NumberedReplySurrogate ConvertToSurrogate(in NumberedReply value) => new(value.Number, value.Reply);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.WatchList")]
public readonly record struct WatchListSurrogate(
    [property: Id(0)] long LastZxid,
    [property: Id(1)] IReadOnlyList<string> Data,
    [property: Id(2)] IReadOnlyList<string> Exist,
    [property: Id(3)] IReadOnlyList<string> Children,
    [property: Id(4)] IReadOnlyList<string> Persistent,
    [property: Id(5)] IReadOnlyList<string> PersistentRecursive);

[RegisterConverter]
public sealed class WatchListConverter : IConverter<WatchList, WatchListSurrogate>
{
    public WatchList ConvertFromSurrogate(in WatchListSurrogate surrogate) => new(
        surrogate.LastZxid, surrogate.Data, surrogate.Exist, surrogate.Children, surrogate.Persistent, surrogate.PersistentRecursive);

    public WatchListSurrogate ConvertToSurrogate(in WatchList value) => new(
        value.LastZxid, value.Data, value.Exist, value.Children, value.Persistent, value.PersistentRecursive);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.ClientRequest")]
public readonly record struct ClientRequestSurrogate(
    [property: Id(0)] int Code,
    [property: Id(1)] string Path,
    [property: Id(2)] byte[]? Data,
    [property: Id(3)] int Number,
    [property: Id(4)] bool Watch,
    [property: Id(5)] IReadOnlyList<Acl>? Acl,
    [property: Id(6)] long TimeToLive,
    [property: Id(7)] IReadOnlyList<ClientRequest> Parts,
    [property: Id(8)] WatchList? Watches);

[RegisterConverter]
public sealed class ClientRequestConverter : IConverter<ClientRequest, ClientRequestSurrogate>
{
    public ClientRequest ConvertFromSurrogate(in ClientRequestSurrogate surrogate) => new((OpCode)surrogate.Code, surrogate.Path)
    {
        Data = surrogate.Data,
        Number = surrogate.Number,
        Watch = surrogate.Watch,
        Acl = surrogate.Acl,
        TimeToLive = surrogate.TimeToLive,
        Parts = surrogate.Parts,
        Watches = surrogate.Watches,
    };

    public ClientRequestSurrogate ConvertToSurrogate(in ClientRequest value) => new(
        (int)value.Code, value.Path, value.Data, value.Number, value.Watch, value.Acl, value.TimeToLive, value.Parts, value.Watches);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.ClientReply")]
public readonly record struct ClientReplySurrogate(
    [property: Id(0)] int Error,
    [property: Id(1)] long Zxid,
    [property: Id(2)] string? Path,
    [property: Id(3)] byte[]? Data,
    [property: Id(4)] Stat Stat,
    [property: Id(5)] IReadOnlyList<string> Names,
    [property: Id(6)] IReadOnlyList<Acl> Acl,
    [property: Id(7)] IReadOnlyList<ClientReply> Parts);

[RegisterConverter]
public sealed class ClientReplyConverter : IConverter<ClientReply, ClientReplySurrogate>
{
    public ClientReply ConvertFromSurrogate(in ClientReplySurrogate surrogate) => new((ErrorCode)surrogate.Error, surrogate.Zxid)
    {
        Path = surrogate.Path,
        Data = surrogate.Data,
        Stat = surrogate.Stat,
        Names = surrogate.Names,
        Acl = surrogate.Acl,
        Parts = surrogate.Parts,
    };

    public ClientReplySurrogate ConvertToSurrogate(in ClientReply value) => new(
        (int)value.Error, value.Zxid, value.Path, value.Data, value.Stat, value.Names, value.Acl, value.Parts);
}

[GenerateSerializer, Immutable, Alias("OrleansZk.KeeperException")]
public readonly record struct KeeperExceptionSurrogate([property: Id(0)] int Code, [property: Id(1)] string? Path);

[RegisterConverter]
public sealed class KeeperExceptionConverter : IConverter<KeeperException, KeeperExceptionSurrogate>
{
    public KeeperException ConvertFromSurrogate(in KeeperExceptionSurrogate surrogate) => new((ErrorCode)surrogate.Code, surrogate.Path);

    public KeeperExceptionSurrogate ConvertToSurrogate(in KeeperException value) => new((int)value.Code, value.Path);
}
