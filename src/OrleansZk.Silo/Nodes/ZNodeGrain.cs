using Orleans.Concurrency;
using OrleansZk.Client;
using OrleansZk.Grains;

namespace OrleansZk.Silo.Nodes;

/// <summary>A znode as the replica of the caller's silo has it.</summary>
[StatelessWorker(1), Reentrant]
[CollectionAgeLimit(Minutes = 5)]
internal sealed class ZNodeGrain(SiloClient replica) : Grain, IZNodeGrain
{
    private string Path => this.GetPrimaryKeyString();

    public async Task<Seen<CreatedNode>> Create(NodeCreation creation)
    {
        if (creation.Mode.IsEphemeral())
        {
            // It would end with the silo's session, which is nobody's.
            throw new KeeperException(ErrorCode.BadArguments, Path);
        }

        if (creation.Mode.IsTtl() != creation.TimeToLive.HasValue)
        {
            throw new KeeperException(ErrorCode.BadArguments, Path);
        }

        ClientReply reply = await replica.WriteAsync(ClientRequest.Create(Path, creation.Data, creation.Mode, creation.Acl, creation.TimeToLive));
        return new(new CreatedNode(reply.Path ?? Path, reply.Stat), reply.Zxid);
    }

    public async Task<Seen<bool>> Delete(int version) =>
        new(true, (await replica.WriteAsync(new ClientRequest(OpCode.Delete, Path) { Number = version })).Zxid);

    public async Task<Seen<Stat?>> Exists(long seenZxid)
    {
        ClientReply reply = await replica.ReadAsync(new ClientRequest(OpCode.Exists, Path), seenZxid);
        return new(reply.Error == ErrorCode.NoNode ? null : reply.Stat, reply.Zxid);
    }

    public async Task<Seen<NodeData>> GetData(long seenZxid)
    {
        ClientReply reply = await replica.ReadAsync(new ClientRequest(OpCode.GetData, Path), seenZxid);
        return new(new NodeData(reply.Data ?? [], reply.Stat), reply.Zxid);
    }

    public async Task<Seen<Stat>> SetData(byte[] data, int version)
    {
        ClientReply reply = await replica.WriteAsync(new ClientRequest(OpCode.SetData, Path) { Data = data, Number = version });
        return new(reply.Stat, reply.Zxid);
    }

    public async Task<Seen<NodeChildren>> GetChildren(long seenZxid)
    {
        ClientReply reply = await replica.ReadAsync(new ClientRequest(OpCode.GetChildren2, Path), seenZxid);
        return new(new NodeChildren(reply.Names, reply.Stat), reply.Zxid);
    }

    public async Task<Seen<NodeAcl>> GetAcl(long seenZxid)
    {
        ClientReply reply = await replica.ReadAsync(new ClientRequest(OpCode.GetAcl, Path), seenZxid);
        return new(new NodeAcl(reply.Acl, reply.Stat), reply.Zxid);
    }

    public async Task<Seen<Stat>> SetAcl(IReadOnlyList<Acl> acl, int version)
    {
        ClientReply reply = await replica.WriteAsync(new ClientRequest(OpCode.SetAcl, Path) { Acl = acl, Number = version });
        return new(reply.Stat, reply.Zxid);
    }

    public Task Watch(long sessionId, AddWatchMode mode) => GrainFactory.GetGrain<ISessionGrain>(sessionId).Watch(Path, mode);
}
