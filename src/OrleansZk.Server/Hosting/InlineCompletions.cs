namespace OrleansZk.Server.Hosting;

/// <summary>Has the runtime handle what arrives on a socket on the very thread that hears of it, as ZooKeeper's NIO threads do, one for each core.</summary>
/// <remarks>
/// <para>To hand it to another thread costs more than most requests do: without, a server that stands alone answers a lone read with twice the processor time, and
/// 16 clients with 30 % fewer reads.</para>
/// <para>Nothing may then block on these threads, nor compute for long. The client port does neither: locks are held for microseconds, the log has a thread of its own, and
/// what may take long goes elsewhere first. In an ensemble Npgsql shares the threads, and it does block (see <see cref="ServerBuilderExtensions"/>): there it stays off.</para>
/// </remarks>
internal static class InlineCompletions
{
    // The runtime has no other switch for it, and reads this once, with the process's first socket.
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>To be called before the first socket is made. Leaves alone what the environment already says.</summary>
    public static void Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
