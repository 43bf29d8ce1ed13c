namespace OrleansZk.Server.Admin.Commands;

/// <summary>Every command, each once. Tests walk this list.</summary>
internal static class CommandTable
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new ConfigurationCommand(),
        new ConnectionsCommand(),
        new ConnectionStatResetCommand(),
        new DirsCommand(),
        new DumpCommand(),
        new EnvironmentCommand(),
        new GetTraceMaskCommand(),
        new HashCommand(),
        new InitialConfigurationCommand(),
        new IsReadOnlyCommand(),
        new LastSnapshotCommand(),
        new LeaderCommand(),
        new MonitorCommand(),
        new ObserverConnectionStatResetCommand(),
        new ObserversCommand(),
        new RuokCommand(),
        new ServerStatsCommand(),
        new SetTraceMaskCommand(),
        new StatResetCommand(),
        new StatsCommand(),
        new SystemPropertiesCommand(),
        new VotingViewCommand(),
        new WatchesByPathCommand(),
        new WatchesCommand(),
        new WatchSummaryCommand(),
        new ZabStateCommand(),
    ];

    /// <summary>By every name.</summary>
    public static IReadOnlyDictionary<string, Command> ByName { get; } = All
        .SelectMany(command => command.Names, (command, name) => KeyValuePair.Create(name, command))
        .ToDictionary(StringComparer.Ordinal);

    public static IReadOnlyList<IFourLetterWord> Words { get; } = [.. All.OfType<IFourLetterWord>()];
}
