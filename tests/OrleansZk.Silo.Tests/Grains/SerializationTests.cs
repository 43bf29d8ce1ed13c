using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansZk.Client;
using OrleansZk.Grains;

namespace OrleansZk.Silo.Tests.Grains;

/// <summary>What silos and clients of different versions send each other: aliases and member numbers that never change their meaning.</summary>
public sealed class SerializationTests
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    /// <summary>A line for each type that travels. New members go to the end of a line, new types get new lines; nothing else may change.</summary>
    private static readonly string[] Known =
    [
        "OrleansZk.Acl: 0 Permissions, 1 Scheme, 2 Name",
        "OrleansZk.AttachRequest: 0 Timeout, 1 LastZxid, 2 Credentials, 3 Watches, 4 IsNew",
        "OrleansZk.Attachment: 0 SessionId, 1 Id, 2 Timeout",
        "OrleansZk.ClientReply: 0 Error, 1 Zxid, 2 Path, 3 Data, 4 Stat, 5 Names, 6 Acl, 7 Parts",
        "OrleansZk.ClientRequest: 0 Code, 1 Path, 2 Data, 3 Number, 4 Watch, 5 Acl, 6 TimeToLive, 7 Parts, 8 Watches",
        "OrleansZk.CreatedNode: 0 Path, 1 Stat",
        "OrleansZk.KeeperException: 0 Code, 1 Path",
        "OrleansZk.LeaderMessages: 0 Bytes",
        "OrleansZk.LeaderStatus: 0 ServerId, 1 Silo, 2 IsLeading, 3 Epoch, 4 LastZxid",
        "OrleansZk.NodeAcl: 0 Acl, 1 Stat",
        "OrleansZk.NodeChildren: 0 Names, 1 Stat",
        "OrleansZk.NodeCreation: 0 Data, 1 Mode, 2 Acl, 3 TimeToLive",
        "OrleansZk.NodeData: 0 Data, 1 Stat",
        "OrleansZk.NumberedEvent: 0 Number, 1 Type, 2 State, 3 Path, 4 Zxid",
        "OrleansZk.NumberedReply: 0 Number, 1 Reply",
        "OrleansZk.Seen`1: 0 Value, 1 Zxid",
        "OrleansZk.SessionAnswer: 0 IsAttached, 1 WasTaken, 2 Replies, 3 Events",
        "OrleansZk.SessionBatch: 0 Attachment, 1 First, 2 Requests, 3 Seen",
        "OrleansZk.Stat: 0 Czxid, 1 Mzxid, 2 Ctime, 3 Mtime, 4 Version, 5 Cversion, 6 Aversion, 7 EphemeralOwner, 8 DataLength, 9 NumChildren, 10 Pzxid",
        "OrleansZk.StreamedEvent: 0 Attachment, 1 Event",
        "OrleansZk.WatchList: 0 LastZxid, 1 Data, 2 Exist, 3 Children, 4 Persistent, 5 PersistentRecursive",
    ];

    [Fact]
    public void Aliases_and_numbers_are_what_they_were()
    {
        IEnumerable<string> types = typeof(IZNodeGrain).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(IZNodeGrain).Namespace && type.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
            .Select(type => $"{type.GetCustomAttribute<AliasAttribute>()!.Alias}: {string.Join(", ", Members(type))}");
        types.Order(StringComparer.Ordinal).ShouldBe(Known.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Everything_that_travels_comes_back_equal()
    {
        var stat = new Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        Back(stat).ShouldBe(stat);
        Back(new Seen<Stat?>(stat, 12)).ShouldBe(new Seen<Stat?>(stat, 12));
        Back(new Seen<Stat?>(null, 12)).Value.ShouldBeNull();
        Back(Acl.ReadUnsafe[0]).ShouldBe(Acl.ReadUnsafe[0]);
        Seen<NodeData> data = Back(new Seen<NodeData>(new NodeData([1, 2], stat), 3));
        data.Value.Data.ShouldBe([1, 2]);
        NumberedEvent e = new(7, new WatchedEvent(EventType.NodeCreated, KeeperState.SyncConnected, "/a", 9));
        Back(new StreamedEvent(5, e)).ShouldBe(new StreamedEvent(5, e));
        ClientRequest request = Back(new ClientRequest(OpCode.Multi) { Parts = [ClientRequest.Create("/a", [1], CreateMode.PersistentWithTtl, Acl.CreatorAll, TimeSpan.FromSeconds(2))] });
        request.Parts[0].TimeToLive.ShouldBe(2000);
        request.Parts[0].Acl.ShouldBe(Acl.CreatorAll);
        ClientReply reply = Back(new ClientReply(ErrorCode.BadVersion, 4) { Names = ["x"], Path = "/p", Stat = stat, Acl = Acl.OpenUnsafe, Parts = [new ClientReply(ErrorCode.Ok, 0)] });
        (reply.Error, reply.Zxid, reply.Path, reply.Stat, reply.Names.Single(), reply.Parts.Count).ShouldBe((ErrorCode.BadVersion, 4, "/p", stat, "x", 1));
        var watches = new WatchList(1, ["a"], ["b"], ["c"], ["d"], ["e"]);
        Back(new AttachRequest(1, 2, [], watches, true)).Watches!.PersistentRecursive.ShouldBe(["e"]);
        KeeperException exception = Back(new KeeperException(ErrorCode.NoNode, "/a"));
        (exception.Code, exception.Path).ShouldBe((ErrorCode.NoNode, "/a"));
    }

    [Fact]
    public void A_newer_versions_members_are_skipped_and_an_older_versions_are_missing()
    {
        byte[] newer = Serializer.SerializeToArray(new Newer(1, "text", [2, 3]));
        Serializer.Deserialize<Older>(newer).Number.ShouldBe(1);
        Newer read = Serializer.Deserialize<Newer>(Serializer.SerializeToArray(new Older(4)));
        (read.Number, read.Text, read.Data).ShouldBe((4, null, null));
    }

    private static T Back<T>(T value) => Serializer.Deserialize<T>(Serializer.SerializeToArray(value))!;

    private static IEnumerable<string> Members(Type type) => type.GetProperties()
        .Select(property => (property.Name, Id: property.GetCustomAttribute<IdAttribute>()?.Id))
        .Where(member => member.Id is not null)
        .OrderBy(member => member.Id)
        .Select(member => $"{member.Id} {member.Name}");
}

/// <summary>The same type at two versions, as the ones that travel are written.</summary>
[GenerateSerializer, Immutable, Alias("OrleansZk.Silo.Tests.Older")]
public readonly record struct Older([property: Id(0)] int Number);

[GenerateSerializer, Immutable, Alias("OrleansZk.Silo.Tests.Newer")]
public readonly record struct Newer([property: Id(0)] int Number, [property: Id(1)] string? Text, [property: Id(2)] byte[]? Data);
