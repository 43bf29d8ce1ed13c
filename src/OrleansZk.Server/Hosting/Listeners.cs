using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansZk.Server.Hosting;

/// <summary>The ports that the server listens on.</summary>
public sealed class Listeners
{
    /// <summary>Where clients connect; the port is the one that was bound once the server has started. Null before it starts.</summary>
    public IPEndPoint? Client => ClientOptions?.IPEndPoint;

    /// <summary>Where operators connect. Null before the start, and when there is no admin port.</summary>
    public IPEndPoint? Admin => AdminOptions?.IPEndPoint;

    internal ListenOptions? ClientOptions { get; set; }

    internal ListenOptions? AdminOptions { get; set; }

    /// <summary>What is to be listened on next.</summary>
    /// <param name="bound">How many are bound: the clients' port is the first.</param>
    internal string? Next(int bound) => bound == 0 ? $"{Client} for clients" : $"{Admin} for operators";

    public override string ToString() => Admin is null ? $"{Client} for clients" : $"{Client} for clients, {Admin} for operators";
}
