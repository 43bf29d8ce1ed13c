namespace OrleansZk.Interop.Differential;

/// <summary>All scenarios.</summary>
public static class Scenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        .. CreateScenarios.All, .. WriteScenarios.All, .. ReadScenarios.All, .. WatchScenarios.All, .. SetWatchesScenarios.All,
        .. MultiScenarios.All, .. MalformedScenarios.All, .. SessionScenarios.All, .. AccessScenarios.All, .. QuotaScenarios.All,
        .. RandomScenarios.All,
    ];
}
