using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Ensemble;
using OrleansZk.Core.Replication;
using OrleansZk.Storage;

namespace OrleansZk.Server.Configuration;

/// <summary>How the process ends.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The server could not go on, or could not stop in order.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is wrong.</summary>
    public const int BadConfiguration = 2;

    /// <summary>The data folder or the ensemble's store is in use, cannot be reached or written to, or holds what cannot be read.</summary>
    public const int BadData = 3;

    /// <summary>A port is in use, or must not be listened on.</summary>
    public const int CannotListen = 4;
}

/// <summary>Says what keeps the server from starting: a line for each problem that a user can mend, without a stack trace.</summary>
internal static class StartupErrors
{
    private const string Server = "orleanszk-server";

    private static readonly string Program =
        System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name is { } name && name.StartsWith("orleanszk-", StringComparison.Ordinal) ? name : Server;

    /// <summary>Describes what went wrong.</summary>
    /// <param name="endpoint">What was to be listened on next, if the start came to that.</param>
    /// <returns>The exit code, and the messages; no messages when it is not for the user to mend.</returns>
    public static (int Code, IReadOnlyList<string> Messages) Describe(Exception exception, string? endpoint = null) => exception switch
    {
        ConfigurationException e => (ExitCode.BadConfiguration, e.Problems),
        OptionsValidationException e => (ExitCode.BadConfiguration, [.. e.Failures]),
        InvalidDataException { InnerException: FormatException cause } e => (ExitCode.BadConfiguration, [Join(e, cause.InnerException ?? cause)]),
        MemberConflictException => (ExitCode.BadConfiguration, [exception.Message]),
        LogCorruptException or LogRolledBackException or LogTruncatedException or CheckpointException or StoreUnavailableException => (ExitCode.BadData, [exception.Message]),
        IOException { InnerException: AddressInUseException cause } => (ExitCode.CannotListen, [CannotListen(endpoint, cause.Message)]),
        SocketException e => (ExitCode.CannotListen, [CannotListen(endpoint, e.Message)]),
        DataFolderInUseException => (ExitCode.BadData, [exception.Message]),
        IOException or UnauthorizedAccessException => (ExitCode.BadData, [$"the data folder cannot be used: {exception.Message}"]),
        AggregateException { InnerExceptions: [{ } only] } => Describe(only, endpoint),
        _ => (ExitCode.Failed, []),
    };

    /// <summary>Writes what went wrong: a line for each message, or all there is to know about a fault that is not the user's.</summary>
    /// <returns>The exit code.</returns>
    public static int Report(TextWriter output, Exception exception, string? endpoint = null)
    {
        (int code, IReadOnlyList<string> messages) = Describe(exception, endpoint);
        if (messages.Count == 0)
        {
            output.WriteLine($"{Program}: unexpected failure: {exception}");
        }

        Write(output, messages);
        return code;
    }

    /// <summary>Writes a line for each message.</summary>
    public static void Write(TextWriter output, IEnumerable<string> messages)
    {
        foreach (string message in messages)
        {
            output.WriteLine($"{Program}: " + message.ReplaceLineEndings(" "));
        }
    }

    private static string CannotListen(string? endpoint, string reason) => $"cannot listen on {endpoint ?? "a port"}: {reason}";

    private static string Join(Exception outer, Exception inner) => $"{outer.Message.TrimEnd('.')}: {inner.Message}";
}
