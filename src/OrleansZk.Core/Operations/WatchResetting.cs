using OrleansZk.Core.Tree;
using OrleansZk.Core.Watches;
using OrleansZk.Protocol;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Core.Operations;

/// <summary>What setWatches and setWatches2 share: a client that comes back arms its watches again, and hears of what fired them meanwhile.</summary>
/// <remarks>ZooKeeper: <c>DataTree.setWatches</c>. Unlike there, no event goes to a connection that may not read the node.</remarks>
public abstract class WatchResetting(OpCode code, string mnemonic, bool withPersistent) : SteppedReadOperation(code, mnemonic)
{
    internal override ReadSteps Begin(ref JuteReader request) => new Steps(SetWatchesRequest.Read(ref request, withPersistent));

    private sealed class Steps(SetWatchesRequest record) : ReadSteps
    {
        private const int PathsPerStep = 64;

        private readonly List<(EventType Type, string Path)> _missed = [];
        private readonly IReadOnlyList<string>[] _lists = [record.Data, record.Exist, record.Child, record.Persistent, record.PersistentRecursive];
        private int _list;
        private int _position;

        public override bool Next(in ReadContext context)
        {
            for (int paths = 0; paths < PathsPerStep && _list < _lists.Length; paths++)
            {
                if (_position < _lists[_list].Count)
                {
                    Arm(context, _lists[_list][_position++]);
                }
                else
                {
                    (_list, _position) = (_list + 1, 0);
                }
            }

            if (_list < _lists.Length)
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
                    Reset(context, context.Watches.Data, path, node, node?.Mzxid > record.RelativeZxid, EventType.NodeDataChanged);
                    break;
                case 1:
                    ResetExist(context, path);
                    break;
                case 2:
                    node = context.Tree.Find(path);
                    Reset(context, context.Watches.Children, path, node, node?.Pzxid > record.RelativeZxid, EventType.NodeChildrenChanged);
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
