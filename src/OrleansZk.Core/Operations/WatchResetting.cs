using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;

namespace OrleansZk.Core.Operations;

/// <summary>What setWatches and setWatches2 share: a client that comes back arms its watches again, and hears of what fired them meanwhile.</summary>
/// <remarks>ZooKeeper: <c>DataTree.setWatches</c>. Unlike there, no event goes to a connection that may not read the node.</remarks>
public abstract class WatchResetting(OpCode code, string mnemonic, bool withPersistent) : SteppedReadOperation(code, mnemonic)
{
    // Data, exist and child; then persistent and recursive ones.
    private int ListCount => withPersistent ? 5 : 3;

    internal override ReadSteps Begin(ReadOnlySpan<byte> record)
    {
        // As a whole first: a malformed request arms nothing.
        var reader = new JuteReader(record);
        long relativeZxid = reader.ReadLong();
        for (int list = 0; list < ListCount; list++)
        {
            for (int left = reader.ReadCount(sizeof(int)); left > 0; left--)
            {
                reader.ReadSpan();
            }
        }

        return new Steps(relativeZxid, ListCount);
    }

    /// <param name="relativeZxid">What the client has seen last.</param>
    private sealed class Steps(long relativeZxid, int listCount) : ReadSteps
    {
        private const int PathsPerStep = 64;

        private readonly List<(EventType Type, string Path)> _missed = [];
        private int _offset = sizeof(long);
        private int _list;
        private int? _left;

        public override bool Next(in ReadContext context, ReadOnlySpan<byte> record)
        {
            var reader = new JuteReader(record[_offset..]);
            for (int paths = 0; paths < PathsPerStep && _list < listCount; paths++)
            {
                _left ??= reader.ReadCount(sizeof(int));
                if (_left == 0)
                {
                    (_list, _left) = (_list + 1, null);
                }
                else
                {
                    Arm(context, reader.ReadString() ?? "");
                    _left--;
                }
            }

            _offset = record.Length - reader.Rest.Length;
            if (_list < listCount)
            {
                return false;
            }

            context.Connection.SendBeforeReply(_missed);
            return true;
        }

        private void Arm(in ReadContext context, string path)
        {
            switch (_list)
            {
                case 0:
                    ZNode? node = context.Tree.Find(path);
                    Reset(context, context.Watches.Data, path, node, node?.Mzxid > relativeZxid, EventType.NodeDataChanged);
                    break;
                case 1:
                    ResetExist(context, path);
                    break;
                case 2:
                    node = context.Tree.Find(path);
                    Reset(context, context.Watches.Children, path, node, node?.Pzxid > relativeZxid, EventType.NodeChildrenChanged);
                    break;
                case 3:
                    AddWatch.Arm(context, path, AddWatchMode.Persistent);
                    break;
                default:
                    AddWatch.Arm(context, path, AddWatchMode.PersistentRecursive);
                    break;
            }
        }

        private void ResetExist(in ReadContext context, string path)
        {
            if (context.Tree.Find(path) is not { } node)
            {
                context.Watches.Data.Add(path, context.Connection, WatchModes.Standard);
            }
            else if (context.Allows(node, Permissions.Read))
            {
                _missed.Add((EventType.NodeCreated, path));
            }
        }

        private void Reset(
            in ReadContext context, WatchTable<Sessions.ClientConnection> table, string path, ZNode? node, bool changed, EventType change)
        {
            if (node is null)
            {
                _missed.Add((EventType.NodeDeleted, path));
            }
            else if (!changed)
            {
                table.Add(path, context.Connection, WatchModes.Standard);
            }
            else if (context.Allows(node, Permissions.Read))
            {
                _missed.Add((change, path));
            }
        }
    }
}
