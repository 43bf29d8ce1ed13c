namespace OrleansZk.Core.Paths;

/// <summary>The rules of znode paths (ZooKeeper: <c>PathUtils</c>).</summary>
public static class ZPath
{
    public const string Root = "/";

    /// <summary>True when the path is absolute, has no empty, <c>.</c> or <c>..</c> segment, no trailing slash and no forbidden character.</summary>
    public static bool IsValid(ReadOnlySpan<char> path)
    {
        if (path.IsEmpty || path[0] != '/')
        {
            return false;
        }

        if (path.Length == 1)
        {
            return true;
        }

        int segmentStart = 1;
        for (int i = 1; i <= path.Length; i++)
        {
            if (i == path.Length || path[i] == '/')
            {
                if (path[segmentStart..i] is "" or "." or "..")
                {
                    return false;
                }

                segmentStart = i + 1;
            }
            else if (IsForbidden(path[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The parent of a valid path other than the root.</summary>
    public static string Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? Root : path[..slash];
    }

    /// <summary>The last segment; empty for the root.</summary>
    public static ReadOnlySpan<char> Name(string path) => path.AsSpan(path.LastIndexOf('/') + 1);

    /// <summary>True when <paramref name="path"/> is <paramref name="ancestor"/> or lies beneath it.</summary>
    public static bool IsSelfOrBelow(ReadOnlySpan<char> path, ReadOnlySpan<char> ancestor) =>
        ancestor.Length == 1
        || (path.StartsWith(ancestor) && (path.Length == ancestor.Length || path[ancestor.Length] == '/'));

    private static bool IsForbidden(char c) =>
        c is <= '\u001f' or (>= '\u007f' and <= '\u009f') or (>= '\ud800' and <= '\uf8ff') or >= '\ufff0';
}
