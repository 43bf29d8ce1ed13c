using OrleansZk.Core.Watches;

namespace OrleansZk.Core.Operations;

/// <summary>Which tables and modes a <see cref="WatcherType"/> of checkWatches and removeWatches means.</summary>
internal static class WatcherTypes
{
    private const WatchModes Every = WatchModes.Standard | WatchModes.Persistent | WatchModes.PersistentRecursive;

    /// <returns>The modes in the table of data and in that of children; false for a type that does not exist.</returns>
    public static bool TryGetModes(int type, out WatchModes data, out WatchModes children)
    {
        (data, children) = (WatcherType)type switch
        {
            WatcherType.Children => (WatchModes.None, WatchModes.Standard),
            WatcherType.Data => (WatchModes.Standard, WatchModes.None),
            WatcherType.Any => (Every, Every),
            WatcherType.Persistent => (WatchModes.Persistent, WatchModes.Persistent),
            WatcherType.PersistentRecursive => (WatchModes.PersistentRecursive, WatchModes.None),
            _ => (WatchModes.None, WatchModes.None),
        };
        return (data | children) != WatchModes.None;
    }
}
