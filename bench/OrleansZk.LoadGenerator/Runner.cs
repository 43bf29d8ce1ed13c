using OrleansZk.LoadGenerator.Workloads;

namespace OrleansZk.LoadGenerator;

/// <summary>Prepares the nodes of a workload, runs it and cleans up.</summary>
internal sealed class Runner
{
    private const int BulkDepth = 64;
    private readonly Options _options;
    private readonly byte[][] _addresses;
    private readonly string _root;

    public Runner(Options options)
    {
        _options = options;
        _addresses = [.. options.Servers.Select(server => Session.Resolve(server.Host, server.Port))];
        _root = Names.OfRun(options.Workload, Random.Shared.Next());
        Result = new Measurement(options.ServerPids);
    }

    public Measurement Result { get; }

    /// <summary>Only after the watch workload.</summary>
    public WatchWorkload? Watch { get; private set; }

    public void Run()
    {
        if (_options.Workload == "connect")
        {
            using var loop = new ConnectLoop(_addresses, _options.Connections, Result);
            loop.Run(_options.Warmup, _options.Seconds);
            return;
        }

        MakeRoot(Names.Root, mayExist: true);
        switch (_options.Workload)
        {
            case "preload": Preload(); break;
            case "create": Create(); break;
            case "create-delete": CreateDelete(); break;
            case "watch": WatchOne(); break;
            case "get" or "one-get": ReadAndWrite(writePercent: 0); break;
            case "mix": ReadAndWrite(writePercent: 10); break;
            default: ReadAndWrite(writePercent: 100); break;
        }
    }

    private void ReadAndWrite(int writePercent)
    {
        string prefix = _root + "/n";
        MakeRoot(_root);
        MakeNodes(prefix, _options.Nodes);
        using (var workload = new RingWorkload(prefix, _options.Nodes, writePercent, _options.Connections))
        {
            Measure(workload, _options.Connections);
        }

        RemoveNodes(prefix, _options.Nodes);
        RemoveRoot();
    }

    private void WatchOne()
    {
        string prefix = _root + "/n";
        MakeRoot(_root);
        MakeNodes(prefix, 1);
        Watch = new WatchWorkload(prefix, _options.Connections);
        Measure(Watch, _options.Connections + 1);
        RemoveNodes(prefix, 1);
        RemoveRoot();
    }

    private void CreateDelete()
    {
        MakeRoot(_root);
        Measure(new CreateDeleteWorkload(_root), _options.Connections);
        RemoveRoot();
    }

    private void Create()
    {
        int connections = _options.Connections;
        MakeRoot(_root);
        Bulk(1, connections, (frames, xid, _, i) => Request.CreateNode(frames, xid, _root + "/p", i, Names.ParentDigits, 0));
        var made = new long[connections];
        using (var loop = new EventLoop(_addresses, connections, _options.Depth, Result))
        {
            loop.Run(new CreateWorkload(_root, connections), _options.Warmup, _options.Seconds);
            for (int i = 0; i < connections; i++)
            {
                made[i] = loop[i].Position;
            }

            loop.CloseSessions();
        }

        if (_options.Keep || Result.ErrorCount > 0)
        {
            return;
        }

        string[] prefixes = [.. Enumerable.Range(0, connections).Select(i => Names.ChildrenOf(_root, i))];
        Bulk(connections, i => made[i], (frames, xid, connection, i) =>
            Request.DeleteNode(frames, xid, prefixes[connection], i, Names.Digits));
        Bulk(1, connections, (frames, xid, _, i) => Request.DeleteNode(frames, xid, _root + "/p", i, Names.ParentDigits));
        RemoveRoot();
    }

    /// <summary>Parents of 1000 children each, every connection with parents of its own.</summary>
    private void Preload()
    {
        const long group = Names.ChildrenPerParent + 1;
        int connections = _options.Connections;
        long nodes = _options.Preload;
        long parents = (nodes + Names.ChildrenPerParent - 1) / Names.ChildrenPerParent;
        long unused = (parents * Names.ChildrenPerParent) - nodes;

        // The children's prefix changes with the parent only; kept so as not to make a string per node.
        var prefixes = new (long Parent, string Text)[connections];
        Array.Fill(prefixes, (-1, ""));
        var workload = new BulkWorkload((frames, xid, connection, position) =>
        {
            (long turn, long child) = Math.DivRem(position, group);
            long parent = connection + (turn * connections);
            if (child == 0)
            {
                Request.CreateNode(frames, xid, Names.PreloadRoot + "/p", parent, Names.ParentDigits, 0);
                return;
            }

            if (prefixes[connection].Parent != parent)
            {
                prefixes[connection] = (parent, Names.ChildrenOf(Names.PreloadRoot, parent));
            }

            Request.CreateNode(frames, xid, prefixes[connection].Text, child - 1, Names.Digits, Request.DataLength);
        })
        {
            Count = connection =>
            {
                long own = (parents - connection + connections - 1) / connections;
                bool hasLast = own > 0 && (parents - 1) % connections == connection;
                return (own * group) - (hasLast ? unused : 0);
            },
        };
        MakeRoot(Names.PreloadRoot);
        using var loop = new EventLoop(_addresses, connections, _options.Depth, Result);
        loop.RunToEnd(workload);
        loop.CloseSessions();
    }

    private void Measure(Workload workload, int connections)
    {
        using var loop = new EventLoop(_addresses, connections, _options.Depth, Result);
        loop.Run(workload, _options.Warmup, _options.Seconds);
        loop.CloseSessions();
    }

    private void MakeRoot(string path, bool mayExist = false)
    {
        var measurement = new Measurement([]);
        Bulk(1, _ => 1, (frames, xid, _, _) =>
        {
            frames.Begin(xid, Request.Create);
            frames.Text(path);
            frames.Data(0);
            frames.OpenAcl();
            frames.Int(Request.Persistent);
            frames.End();
        }, measurement);
        if (measurement.FirstError is { } error && !(mayExist && error == Measurement.ErrorReply(Request.NodeExists)))
        {
            throw new IOException($"creating {path}: {error}");
        }
    }

    private void RemoveRoot()
    {
        if (!_options.Keep)
        {
            Bulk(1, _ => 1, (frames, xid, _, _) =>
            {
                frames.Begin(xid, Request.Delete);
                frames.Text(_root);
                frames.Int(-1);
                frames.End();
            });
        }
    }

    private void MakeNodes(string prefix, int count) =>
        Bulk(1, count, (frames, xid, _, i) => Request.CreateNode(frames, xid, prefix, i, Names.Digits, Request.DataLength));

    private void RemoveNodes(string prefix, int count)
    {
        if (!_options.Keep)
        {
            Bulk(1, count, (frames, xid, _, i) => Request.DeleteNode(frames, xid, prefix, i, Names.Digits));
        }
    }

    private void Bulk(int connections, int count, BulkWorkload.WriteRequest write) => Bulk(connections, _ => count, write);

    /// <summary>Sends requests on fresh sessions, outside of what is measured.</summary>
    private void Bulk(int connections, Func<int, long> count, BulkWorkload.WriteRequest write, Measurement? measurement = null)
    {
        var own = measurement ?? new Measurement([]);
        using (var loop = new EventLoop(_addresses, connections, BulkDepth, own))
        {
            loop.RunToEnd(new BulkWorkload(write) { Count = count });
            loop.CloseSessions();
        }

        if (measurement is null)
        {
            Result.AddErrors(own);
        }
    }
}
