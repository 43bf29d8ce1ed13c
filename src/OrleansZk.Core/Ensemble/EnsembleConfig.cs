using System.Globalization;
using System.Text;

namespace OrleansZk.Core.Ensemble;

/// <summary>The content of <c>/zookeeper/config</c>: who the members are, in ZooKeeper's format (<c>QuorumVerifier.toString</c>).</summary>
internal static class EnsembleConfig
{
    /// <summary>A line for each member; every one takes part, and there is one port where ZooKeeper has two.</summary>
    public static string Members(EnsembleView view)
    {
        var text = new StringBuilder();
        foreach (MemberView member in view.Members.OrderBy(member => member.Info.Id))
        {
            (string host, string port) = Split(member.Info.PeerAddress);
            text.Append(CultureInfo.InvariantCulture, $"server.{member.Info.Id}={host}:{port}:{port}:participant;{member.Info.ClientAddress}\n");
        }

        return text.ToString();
    }

    /// <param name="version">Grows with every change.</param>
    public static byte[] Format(string members, long version) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{members}version={version:x}"));

    /// <summary>True when <paramref name="data"/> names these members.</summary>
    public static bool IsCurrent(byte[]? data, string members)
    {
        string text = Encoding.UTF8.GetString(data ?? []);
        int end = text.LastIndexOf('\n') + 1;
        return text[..end] == members;
    }

    private static (string Host, string Port) Split(string address)
    {
        int end = address.IndexOf('@', StringComparison.Ordinal);
        address = end < 0 ? address : address[..end];
        int colon = address.LastIndexOf(':');
        return (address[..colon], address[(colon + 1)..]);
    }
}
