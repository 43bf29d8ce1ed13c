using System.Runtime.InteropServices;

namespace OrleansZk.Core.Access;

/// <summary>Shares equal lists, since most nodes of a tree have one of very few; knows a list for as long as a node has it.</summary>
/// <remarks>Not thread-safe: belongs to a tree's writer.</remarks>
public sealed class AclTable
{
    private readonly Dictionary<AclList, Shared> _lists = [];

    /// <summary>Lists that some node has.</summary>
    public int Count => _lists.Count;

    /// <summary>Gives one more node a list: the object that all nodes with an equal one have.</summary>
    public AclList Share(AclList list)
    {
        ref Shared shared = ref CollectionsMarshal.GetValueRefOrAddDefault(_lists, list, out bool known);
        shared = new Shared(known ? shared.List : list, shared.Uses + 1);
        return shared.List;
    }

    /// <summary>Takes from a node the list that <see cref="Share"/> gave it.</summary>
    public void Release(AclList list)
    {
        ref Shared shared = ref CollectionsMarshal.GetValueRefOrNullRef(_lists, list);
        if (shared.Uses == 1)
        {
            _lists.Remove(list);
        }
        else
        {
            shared = shared with { Uses = shared.Uses - 1 };
        }
    }

    private readonly record struct Shared(AclList List, int Uses);
}
